# The host's Python environment with the plugins behind it: a virtual environment whose site-packages are links to the
# host's, followed on the path by the plugins'.  What the host ships is always found first.
{ pkgs, python }:
{
  # The host's own environment: a tree with `bin` and site-packages.
  environment,
  # The plugins' environment, and the files of it that run when an interpreter starts, as the lock has them.
  plugins,
  startupFiles,
  # Builds that must have succeeded: the checks.
  checks ? [ ],
}:
let
  buildPython = python.pythonOnBuildForHost or python;
in
pkgs.stdenvNoCC.mkDerivation {
  # As long as the host's own, so that its path can be replaced in programs.
  name = environment.name or "host-environment";

  # The builder reads variables.
  __structuredAttrs = false;

  pythonInterpreter = python.interpreter;
  inherit (python) sitePackages;
  hostEnvironment = "${environment}";
  pluginPackages = "${plugins}/${python.sitePackages}";
  inherit checks;
  startup = builtins.concatStringsSep "\n" startupFiles;
  passAsFile = [ "startup" ];

  preferLocalBuild = true;
  allowSubstitutes = false;

  buildCommand = ''
    ${buildPython.interpreter} -I -S ${./builders/extend_environment.py}
  '';

  passthru = {
    inherit plugins python;
    unextended = environment;
  };

  meta = builtins.removeAttrs (environment.meta or { }) [ "outputsToInstall" ] // {
    description = "A host's Python environment with its plugins";
  };
}
