# The whole library without nixpkgs, for `nix-build --argstr …`: what `plugin-lock build` calls.
{
  lock,
  interpreter,
  version,
  installer,
  system ? builtins.currentSystem,
  plugins ? null,
  host ? null,
  overrides ? { },
  fetchurl ? import <nix/fetchurl.nix>,
  fetchGit ? null,
}:
import ../. {
  pkgs = import ./. {
    inherit
      installer
      interpreter
      system
      version
      ;
  };
  inherit
    fetchGit
    fetchurl
    host
    lock
    overrides
    plugins
    ;
}
