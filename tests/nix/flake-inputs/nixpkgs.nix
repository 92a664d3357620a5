# nixpkgs as a flake, as far as ours and its templates ask it for anything, on the distribution's Python.
{
  outputs =
    _:
    let
      standalone = import ./nix/standalone/lib.nix;

      evaluate = import ./tests/nix/module-system/machine.nix;

      python = builtins.fromJSON (builtins.readFile ./python.json);

      packagesOf =
        system:
        let
          pkgs = import ./nix/standalone {
            inherit (python) interpreter version;
            inherit system;
            installer = ./packages;
          };
          tool =
            name:
            pkgs.stdenvNoCC.mkDerivation {
              inherit name;
              buildCommand = "mkdir -p $out/bin";
            };
          all = pkgs // {
            git = tool "git";
            nixfmt = tool "nixfmt";
            nixfmt-tree = tool "nixfmt-tree";
            example-host = import ./example-host.nix { inherit pkgs; };
            writeText =
              name: text:
              pkgs.stdenvNoCC.mkDerivation {
                inherit name text;
                passAsFile = [ "text" ];
                buildCommand = ''cp "$textPath" "$out"'';
              };
            writeShellScriptBin =
              name: text:
              pkgs.stdenvNoCC.mkDerivation {
                inherit name;
                script = "#!/bin/sh\n${text}";
                passAsFile = [ "script" ];
                buildCommand = ''
                  mkdir -p "$out/bin"
                  cp "$scriptPath" "$out/bin/${name}"
                  chmod +x "$out/bin/${name}"
                '';
              };
            mkShell =
              { packages }:
              pkgs.stdenvNoCC.mkDerivation {
                name = "shell";
                inherit packages;
                buildCommand = "echo $packages > $out";
              };
            extend =
              overlay:
              let
                extended = all // overlay extended all;
              in
              extended;
          };
        in
        all;

      legacyPackages = standalone.genAttrs [
        "aarch64-darwin"
        "aarch64-linux"
        "x86_64-darwin"
        "x86_64-linux"
      ] packagesOf;

      options = import ./machine-options.nix;
    in
    {
      inherit legacyPackages;

      lib = standalone // {
        # As nixpkgs' own: the system is an argument, or an option of the machine.
        nixosSystem =
          {
            modules,
            system ? null,
          }:
          let
            pkgs = legacyPackages.${machine.unchecked.nixpkgs.hostPlatform};

            machine = evaluate {
              inherit pkgs;
              modules = modules ++ [
                options
                (if system == null then { } else { nixpkgs.hostPlatform = system; })
              ];
            };
          in
          machine // { inherit pkgs; };
      };
    };
}
