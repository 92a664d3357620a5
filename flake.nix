{
  description = "Locks the plugins of a Python program that Nix builds";

  inputs.nixpkgs.url = "github:nixos/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;

      # Those that plugin-lock's own dependencies are locked for, and nixpkgs still knows.
      systems = builtins.filter (system: nixpkgs.legacyPackages ? ${system}) [
        "aarch64-darwin"
        "aarch64-linux"
        "x86_64-darwin"
        "x86_64-linux"
      ];

      forEachSystem = make: lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});

      packagesOf =
        pkgs:
        let
          program = import ./nix/plugin-lock { inherit pkgs; };
        in
        {
          plugin-lock = program;
          default = program;
        };

      # By its path, so that a module imported twice counts once.
      module = path: { imports = [ path ]; };

      adapters = {
        hermes-agent = module ./nix/adapters/hermes-agent.nix;
        nerva = module ./nix/adapters/nerva.nix;
      };

      template = name: description: {
        inherit description;
        path = ./nix/templates + "/${name}";
      };
    in
    {
      lib = {
        # { pkgs, lock, … } -> what docs/nix.md says.
        pluginLock = import ./nix;
        # { host, … } -> a module that hands a lock's plugins to any host's own options.
        genericAdapter = import ./nix/adapters/generic.nix;
      };

      packages = forEachSystem packagesOf;

      overlays.default = import ./nix/overlay.nix;

      nixosModules = {
        default = module ./nix/modules/nixos.nix;
        cowboy = module ./nix/adapters/cowboy.nix;
      }
      // adapters;

      homeModules = {
        default = module ./nix/modules/home-manager.nix;
      }
      // adapters;

      templates = {
        default = self.templates.minimal;
        minimal = template "minimal" "Plugins for a host, as one environment";
        hermes-agent = template "hermes-agent" "hermes-agent with plugins on NixOS";
        home-manager = template "home-manager" "A host with plugins for one user, with Home Manager";
        many-machines = template "many-machines" "One lock, many machines, each with plugins of its own";
      };

      checks = forEachSystem (pkgs: {
        inherit (packagesOf pkgs) plugin-lock;
        runs = import ./nix/plugin-lock/runs.nix {
          inherit pkgs;
          inherit (packagesOf pkgs) plugin-lock;
        };
      });

      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = [
            (packagesOf pkgs).plugin-lock
            pkgs.git
            pkgs.nixfmt
          ];
        };
      });

      apps = forEachSystem (pkgs: {
        default = {
          type = "app";
          program = "${(packagesOf pkgs).plugin-lock}/bin/plugin-lock";
          meta.description = "Lock the plugins of a Python program";
        };
      });

      # nixfmt for a whole tree: `nix fmt` names no files.
      formatter = forEachSystem (pkgs: pkgs.nixfmt-tree);

      # What a Hydra builds: the same for each system.
      hydraJobs = {
        inherit (self) checks packages;
      };
    };
}
