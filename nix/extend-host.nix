# A host's package whose programs find the plugins, always after what the host itself ships.
{
  lib,
  pkgs,
  python,
  selection,
  plugins,
  makeChecks,
}:
{
  # The host's package.
  package,
  # The Python environment that its programs run in, a tree with `bin` and site-packages, or a function from the
  # package to it.
  environment ? package,
  # Set for the programs where they are not set already, and added to the end of their PATH.
  variables ? { },
  path ? [ ],
  # Names of what must hold between plugins and host, or nothing is built.
  checks ? [
    "provided"
    "shadowing"
  ],
}:
let
  extendEnvironment = import ./host-environment.nix { inherit pkgs python; };

  extendPackage = import ./host-package.nix { inherit lib pkgs python; };

  startupFiles = builtins.concatMap (package: package.artifact.startup-files or [ ]) (
    builtins.attrValues selection.packages
  );

  extend =
    original:
    let
      own = if lib.isFunction environment then environment original else environment;
      allChecks = makeChecks own;
    in
    extendPackage {
      inherit path variables;
      package = original;
      environment = own;
      extended = extendEnvironment {
        inherit plugins startupFiles;
        environment = own;
        checks = map (
          name:
          allChecks.${name} or (throw (
            "plugin-lock: `checks` of extendHost names ${name}; there are "
            + builtins.concatStringsSep ", " (builtins.attrNames allChecks)
          ))
        ) checks;
      };
    }
    # Modules that change the host's package change what is below.
    // lib.optionalAttrs (original ? override) {
      override = arguments: extend (original.override arguments);
    };
in
extend package
