# One tree with the site-packages and bin of many packages, and with plugin folders, by links.  Two packages with the
# same file are an error that names both, unless it does not matter whose it is.
{
  lib,
  pkgs,
  python,
  host,
  # name -> reason: packages that may bring modules which others bring too
  allowModules,
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

  # The builder reads variables.
  __structuredAttrs = false;

  pythonInterpreter = python.interpreter;
  inherit (python) sitePackages;
  hostPackages = if host == null then "" else "${host}";
  # A file, as hundreds of store paths do not fit in a variable.
  packageList = builtins.concatStringsSep "\n" (map (package: "${package}") packages);
  directoryList = builtins.concatStringsSep "\n" (
    lib.mapAttrsToList (plugin: directory: "${plugin} ${directory}") directories
  );
  yieldingList = builtins.concatStringsSep "\n" (
    map (package: "${package}") (
      builtins.filter (package: allowModules ? ${package.pname or ""}) packages
    )
  );
  passAsFile = [
    "packageList"
    "directoryList"
    "yieldingList"
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
