# Home Manager as a flake, as far as the templates ask it for anything.
{
  # Another is put in its place.
  inputs.nixpkgs.url = "github:nixos/nixpkgs/nixos-unstable";

  outputs =
    { ... }:
    let
      evaluate = import ./tests/nix/module-system/machine.nix;

      options =
        { lib, ... }:
        {
          options.home.username = lib.mkOption { type = lib.types.str; };
          options.home.stateVersion = lib.mkOption { type = lib.types.str; };
        };
    in
    {
      lib.homeManagerConfiguration =
        { modules, pkgs }:
        evaluate {
          kind = "home-manager";
          inherit pkgs;
          modules = modules ++ [ options ];
        };
    };
}
