# Nerva as a flake: a package with the daemon that is in nervad.
{
  # Another is put in its place.
  inputs.nixpkgs.url = "github:nixos/nixpkgs/nixos-unstable";

  outputs =
    { nixpkgs, ... }:
    {
      packages = builtins.mapAttrs (_: pkgs: {
        default = pkgs.stdenv.mkDerivation {
          name = "nerva";
          daemon = ./nervad;
          buildCommand = ''
            mkdir -p "$out/bin"
            cp "$daemon" "$out/bin/nervad"
          '';
        };
      }) nixpkgs.legacyPackages;
    };
}
