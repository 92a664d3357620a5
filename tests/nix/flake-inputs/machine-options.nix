# Options of a machine that the templates set, beside those of tests/nix/module-system.
{ lib, ... }:
let
  text = lib.mkOption { type = lib.types.str; };
in
{
  options.nixpkgs.hostPlatform = text;
  options.networking.hostName = text;
}
