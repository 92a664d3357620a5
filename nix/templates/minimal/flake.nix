{
  description = "Plugins for a host, as one environment";

  inputs = {
    nixpkgs.url = "github:nixos/nixpkgs/nixos-unstable";
    # The address of plugin-lock's repository.
    plugin-lock.url = "git+https://git.example/plugin-lock";
    plugin-lock.inputs.nixpkgs.follows = "nixpkgs";
  };

  # Begin with `plugin-lock init`, then `plugin-lock add NAME`, and put plugins.lock under version control.
  outputs =
    { nixpkgs, plugin-lock, ... }:
    let
      forEachSystem = nixpkgs.lib.genAttrs [
        "aarch64-linux"
        "x86_64-linux"
      ];

      pluginsOn =
        system:
        plugin-lock.lib.pluginLock {
          pkgs = nixpkgs.legacyPackages.${system};
          lock = ./plugins.lock;
          # Where plugins rely on what the host ships, the checks look at it: its Python environment.
          # host = …;
        };
    in
    {
      packages = forEachSystem (system: {
        default = (pluginsOn system).environment;
      });

      checks = forEachSystem (system: (pluginsOn system).checks);

      devShells = forEachSystem (system: {
        default = nixpkgs.legacyPackages.${system}.mkShell {
          packages = [ plugin-lock.packages.${system}.default ];
        };
      });
    };
}
