{
  description = "Nerva with locked skills: the machine, the user and the packages, all from one lock";

  inputs = {
    nixpkgs.url = "github:nixos/nixpkgs/nixos-unstable";
    # The addresses of the two repositories.
    nerva.url = "git+https://git.example/nerva";
    nerva.inputs.nixpkgs.follows = "nixpkgs";
    plugin-lock.url = "git+https://git.example/plugin-lock";
    plugin-lock.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    {
      nixpkgs,
      nerva,
      plugin-lock,
      ...
    }:
    let
      inherit (nixpkgs) lib;

      systems = [
        "aarch64-linux"
        "x86_64-linux"
      ];

      forEachSystem = make: lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});

      nervaOf = pkgs: nerva.packages.${pkgs.stdenv.hostPlatform.system}.default;

      packagesOf =
        pkgs:
        let
          library = plugin-lock.lib.pluginLock {
            inherit pkgs;
            lock = ./plugins.lock;
          };

          configFile = pkgs.writeText "nerva.toml" ''
            [plugins]
            skills_dir = "${library.skillsDirectory}"
          '';
        in
        {
          nerva = nervaOf pkgs;
          # One folder with each skill in it.
          nervaSkills = library.skillsDirectory;
          nervaWithSkills = pkgs.writeShellScriptBin "nervad" ''
            exec ${nervaOf pkgs}/bin/nervad --config ${configFile} "$@"
          '';
        };
    in
    {
      # The machine: what every user of it has.
      nixosModules.default =
        { pkgs, ... }:
        {
          imports = [
            plugin-lock.nixosModules.default
            plugin-lock.nixosModules.nerva
          ];

          programs.plugin-lock.hosts.nerva.lock = ./plugins.lock;
          programs.plugin-lock.nerva.package = nervaOf pkgs;
        };

      # The user: skills and settings of one's own, instead of the machine's.
      homeModules.default =
        { pkgs, ... }:
        {
          imports = [
            plugin-lock.homeModules.default
            plugin-lock.homeModules.nerva
          ];

          programs.plugin-lock.hosts.nerva.lock = ./plugins.lock;
          programs.plugin-lock.nerva = {
            package = nervaOf pkgs;
            settings.policy.auto_approve_safe = true;
          };
        };

      # The packages, for whoever takes neither module.
      packages = forEachSystem packagesOf;

      overlays.default = final: _: packagesOf final;

      # Nerva with the same skills, for whoever works on them.
      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell { packages = [ (packagesOf pkgs).nervaWithSkills ]; };
      });
    };
}
