# Directory plugins: the folders that a host loads from disk, as trees in the store.
{
  lib,
  pkgs,
  python,
  artifacts,
  selection,
  makeEnvironment,
  makeInterpreter,
  packages,
  override,
}:
let
  buildPython = python.pythonOnBuildForHost or python;

  run = "${buildPython.interpreter} -I -S";

  makeDirectory =
    name: plugin:
    let
      inherit (plugin.tree) manifest source;

      subdirectory = source.subdirectory or null;

      # What its manifest calls itself, and the commit where there is one.
      version = builtins.concatStringsSep "-" (
        lib.optional (manifest ? version) manifest.version
        ++ lib.optional (source.kind == "vcs") (builtins.substring 0 12 source.commit-id)
      );

      needs = map (needed: packages.${needed}) (builtins.attrNames (selection.closureOf name));

      # Its programs find its packages without being told.
      interpreter =
        if needs == [ ] then
          python.interpreter
        else
          "${
            makeInterpreter {
              name = "${name}-python";
              packages = [ (makeEnvironment {
                name = "${selection.view.host.name}-plugin-${name}";
                packages = needs;
              }) ];
            }
          }/bin/python";
    in
    override name (
      pkgs.stdenvNoCC.mkDerivation {
        # `lib.getName` gives the first: hosts make folders of that name, and want each once.
        pname = name;
        version = if version == "" then "0" else version;
        name = "${name}${lib.optionalString (version != "") "-${version}"}";

        # The builder reads variables.
        __structuredAttrs = false;

        src = artifacts.byPlugin.${name};
        sourceRoot = "source${lib.optionalString (subdirectory != null) "/${subdirectory}"}";
        manifestFile = manifest.file;
        executable = manifest.executable or "";
        pythonInterpreter = interpreter;

        strictDeps = true;
        buildInputs = lib.optional (pkgs ? bash) pkgs.bash;

        unpackPhase = ''
          runHook preUnpack
          ${run} ${./builders/unpack_source.py}
          runHook postUnpack
        '';
        dontConfigure = true;
        dontBuild = true;
        # The folder stays as its author made it: stdenv would move `doc`, `man` and `sbin`, and strip what it finds.
        dontFixup = true;

        installPhase = ''
          runHook preInstall
          ${run} ${./builders/install_directory.py}
          patchShebangs --host "$out"
          runHook postInstall
        '';

        passthru = {
          inherit manifest;
          pluginName = name;
          pythonPackages = needs;
        };

        meta.platforms = [ selection.system ];
      }
    );
in
builtins.mapAttrs makeDirectory selection.directories
