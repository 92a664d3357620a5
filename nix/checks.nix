# Builds that fail where the locked plugins and the real host do not fit together.
{
  lib,
  pkgs,
  python,
  host,
  environment,
  selection,
}:
let
  inherit (selection) provided;

  check =
    kind: expected:
    if host == null && provided != { } then
      throw (
        "plugin-lock: `checks.${kind}` needs the host's own packages, as the lock relies on its "
        + "${builtins.concatStringsSep ", " (builtins.attrNames provided)}; "
        + "pass `host`, the environment or site-packages of ${selection.view.host.name}"
      )
    else
      pkgs.stdenvNoCC.mkDerivation {
        name = "${selection.view.host.name}-plugins-check-${kind}";

        # The builder reads variables.
        __structuredAttrs = false;

        inherit environment kind;
        pythonInterpreter = python.interpreter;
        inherit (python) sitePackages;
        hostPackages = if host == null then "" else "${host}";
        expected = builtins.toJSON expected;
        passAsFile = [ "expected" ];

        # -B: nothing is to be written beside the modules; site is left out, as the host's comes instead.
        buildCommand = ''
          ${python.interpreter} -I -S -B ${./builders/check_environment.py}
        '';
      };
in
{
  # Each entry point of each plugin is found by importlib.metadata and loads.
  entryPoints = check "entryPoints" (
    builtins.concatLists (
      lib.mapAttrsToList (
        name: plugin: map (point: point // { plugin = name; }) (plugin.entry-points or [ ])
      ) selection.plugins
    )
  );

  # No distribution of the environment has the name of one of the host's.
  shadowing = check "shadowing" [ ];

  # The host has the versions that the lock relies on.
  provided = check "provided" (
    lib.mapAttrsToList (name: version: { inherit name version; }) provided
  );
}
