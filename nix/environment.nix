# One tree with the site-packages and bin of many packages, and with plugin folders, by links.  Two packages with the
# same file are an error that names both.
{
  lib,
  pkgs,
  python,
  host,
}:
{
  name,
  packages,
  # name -> directory plugin
  directories ? { },
}:
let
  buildPython = python.pythonOnBuildForHost or python;
in
pkgs.stdenvNoCC.mkDerivation {
  inherit name;

  pythonInterpreter = python.interpreter;
  inherit (python) sitePackages;
  hostPackages = if host == null then "" else "${host}";
  # A file, as hundreds of store paths do not fit in a variable.
  packageList = builtins.concatStringsSep "\n" (map (package: "${package}") packages);
  directoryList = builtins.concatStringsSep "\n" (
    lib.mapAttrsToList (plugin: directory: "${plugin} ${directory}") directories
  );
  passAsFile = [
    "packageList"
    "directoryList"
  ];

  preferLocalBuild = true;
  allowSubstitutes = false;

  buildCommand = ''
    ${buildPython.interpreter} -I -S ${./builders/build_environment.py}
  '';

  passthru = {
    inherit directories packages python;
  };

  meta.description = "Locked plugins and all they need beyond the host";
}
