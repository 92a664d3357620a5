{
  description = "One lock, many machines, each with plugins of its own";

  inputs = {
    nixpkgs.url = "github:nixos/nixpkgs/nixos-unstable";
    # The address of plugin-lock's repository.
    plugin-lock.url = "git+https://git.example/plugin-lock";
    plugin-lock.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    { nixpkgs, plugin-lock, ... }:
    let
      machines = import ./machines.nix;

      moduleOf = machine: {
        nixpkgs.hostPlatform = machine.system;
        programs.plugin-lock.hosts.example = {
          lock = ./plugins.lock;
          inherit (machine) plugins;
          directory = "/var/lib/example-host/plugins";
        };
      };
    in
    {
      nixosConfigurations = builtins.mapAttrs (
        name: machine:
        nixpkgs.lib.nixosSystem {
          modules = [
            plugin-lock.nixosModules.default
            (moduleOf machine)
            { networking.hostName = name; }
            # And what the machine is besides: disks, boot loader, users.
            # ./hardware/${name}.nix
          ];
        }
      ) machines;
    };
}
