{
  description = "hermes-agent with plugins on NixOS";

  inputs = {
    nixpkgs.url = "github:nixos/nixpkgs/nixos-unstable";
    # The addresses of the two repositories.
    hermes-agent.url = "git+https://git.example/hermes-agent";
    # One nixpkgs for both, and so one interpreter: plugins are for hermes-agent's own, and no other takes them.
    hermes-agent.inputs.nixpkgs.follows = "nixpkgs";
    plugin-lock.url = "git+https://git.example/plugin-lock";
    plugin-lock.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    {
      nixpkgs,
      hermes-agent,
      plugin-lock,
      ...
    }:
    {
      nixosConfigurations.machine = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        modules = [
          hermes-agent.nixosModules.default
          plugin-lock.nixosModules.default
          plugin-lock.nixosModules.hermes-agent
          ./configuration.nix
          # And what the machine is besides: disks, boot loader, users.
          # ./hardware-configuration.nix
        ];
      };
    };
}
