# The host's package with its programs running in the extended environment.  Nothing is built again: programs that name
# the host's environment name the extended one instead, all else is links.
{
  lib,
  pkgs,
  python,
}:
{
  # The host's package, the environment that its programs run in, and that environment with the plugins.
  package,
  environment,
  extended,
  # Set for the host's programs, unless they are set already; and what is added to the end of their PATH.
  variables ? { },
  path ? [ ],
}:
let
  buildPython = python.pythonOnBuildForHost or python;

  built = pkgs.stdenvNoCC.mkDerivation {
    # As long as the original's, so that its path can be replaced in programs.
    name = package.name or "host";

    # The builder reads variables.
    __structuredAttrs = false;

    package = "${package}";
    environment = "${environment}";
    extended = "${extended}";
    shell = pkgs.runtimeShell or "/bin/sh";
    variables = builtins.toJSON variables;
    searchPath = lib.concatMapStringsSep ":" (tool: "${lib.getBin tool}/bin") path;
    passAsFile = [ "variables" ];

    preferLocalBuild = true;
    allowSubstitutes = false;

    buildCommand = ''
      ${buildPython.interpreter} -I -S ${./builders/extend_package.py}
    '';

    passthru = (package.passthru or { }) // {
      inherit extended;
      unextended = package;
    };

    meta = builtins.removeAttrs (package.meta or { }) [ "outputsToInstall" ];
  };
in
built
// lib.optionalAttrs (package ? pname) { inherit (package) pname; }
// lib.optionalAttrs (package ? version) { inherit (package) version; }
