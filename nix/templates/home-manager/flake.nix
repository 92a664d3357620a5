{
  description = "A host with plugins for one user, with Home Manager";

  inputs = {
    nixpkgs.url = "github:nixos/nixpkgs/nixos-unstable";
    home-manager.url = "github:nix-community/home-manager";
    home-manager.inputs.nixpkgs.follows = "nixpkgs";
    # The address of plugin-lock's repository.
    plugin-lock.url = "git+https://git.example/plugin-lock";
    plugin-lock.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    {
      nixpkgs,
      home-manager,
      plugin-lock,
      ...
    }:
    {
      homeConfigurations.user = home-manager.lib.homeManagerConfiguration {
        pkgs = nixpkgs.legacyPackages.x86_64-linux;
        modules = [
          plugin-lock.homeModules.default
          ./home.nix
        ];
      };
    };
}
