# One folder with each directory plugin under its own name, for hosts that are given a folder of plugins.
{ lib, pkgs }:
{ name, directories }:
pkgs.stdenvNoCC.mkDerivation {
  inherit name;

  preferLocalBuild = true;
  allowSubstitutes = false;

  buildCommand = ''
    mkdir "$out"
  ''
  + builtins.concatStringsSep "" (
    lib.mapAttrsToList (plugin: directory: ''
      ln -s ${directory} "$out/${plugin}"
    '') directories
  );
}
