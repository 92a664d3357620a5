# A name of the interpreter that finds some packages, and those of the host where it is given, by itself.  For
# programs that are run by their first line, which has no room for a search path.
{
  pkgs,
  python,
  host,
}:
{ name, packages }:
let
  buildPython = python.pythonOnBuildForHost or python;
in
pkgs.stdenvNoCC.mkDerivation {
  inherit name;

  # The builder reads variables.
  __structuredAttrs = false;

  inherit (python) sitePackages;

  # The host first: a plugin never replaces what the host ships.
  packages = (if host == null then [ ] else [ "${host}" ]) ++ map (package: "${package}") packages;

  preferLocalBuild = true;
  allowSubstitutes = false;

  buildCommand = ''
    ${buildPython.interpreter} -I -S ${./builders/make_virtual_environment.py} \
      ${python.interpreter} "$out" $packages
  '';
}
