# One installed distribution: its wheel, or what its locked build makes one of, installed for one interpreter.
{
  lib,
  pkgs,
  python,
}:
{
  # A package of the selection, its file or tree, and what it is built with.
  package,
  source,
  requirements,
  # The Python modules that it needs itself, and all of its closure.
  dependencies,
  others,
}:
let
  inherit (pkgs.stdenv) hostPlatform;
  inherit (package) artifact name version;

  # The interpreter that runs while building; another one only when cross-compiling.
  buildPython = python.pythonOnBuildForHost or python;

  findLibraries = import ./libraries.nix { inherit lib pkgs python; };

  storeVersion = builtins.replaceStrings [ "!" ] [ "-" ] version;

  # A commit says more than the version that its project gave itself.
  commit = lib.optionalString (
    artifact.source.kind == "vcs"
  ) "-${builtins.substring 0 12 artifact.source.commit-id}";

  isBuilt = artifact ? build;
  native = artifact.native or false;

  # Only where there is something to patch with: a machine without nixpkgs has its libraries in place.
  patched = native && hostPlatform.isLinux && pkgs ? autoPatchelfHook;

  libraries = findLibraries (artifact.libraries or [ ]);

  scripts = artifact.console-scripts or [ ];

  patching = {
    nativeBuildInputs = [ pkgs.autoPatchelfHook ];
    inherit (libraries) buildInputs;
    autoPatchelfIgnoreMissingDeps = libraries.fromDriver;
    appendRunpaths = lib.optional (
      libraries.fromDriver != [ ]
    ) "${pkgs.addDriverRunpath.driverLink}/lib";
    # Libraries that other wheels bring lie below site-packages, where the hook does not look by itself.
    preFixup = builtins.concatStringsSep "\n" (
      map (dependency: "addAutoPatchelfSearchPath ${dependency}/${python.sitePackages}") dependencies
    );
  };

  ofWheel = {
    wheelName = artifact.source.fileName;
    dontUnpack = true;
    dontBuild = true;
    # Wheels come finished; stripping breaks the layout that auditwheel gave their libraries.
    dontStrip = true;
  };

  # A backend compiles for the interpreter that it runs on, and nobody would notice before the plugin runs.
  ofSource =
    if native && buildPython.interpreter != python.interpreter then
      throw (
        "plugin-lock: ${package.entry} has native code and is built from source, which is not done for "
        + "${hostPlatform.system} on another system; let a machine of that system build it, "
        + "or lock a version that has a wheel for it"
      )
    else
      import ./build-phases.nix { inherit buildPython lib; } {
        inherit package requirements;
      };

  # The compiler's closure is wanted only where it, or its libraries, are.
  inherit (if isBuilt || patched then pkgs.stdenv else pkgs.stdenvNoCC) mkDerivation;
in
mkDerivation (
  {
    pname = name;
    version = storeVersion;
    name = "${python.libPrefix}-${name}-${storeVersion}${commit}";

    # The builders read variables.
    __structuredAttrs = false;

    src = source;
    pythonInterpreter = python.interpreter;
    inherit (python) sitePackages;

    strictDeps = true;
    propagatedBuildInputs = dependencies ++ [ python ];

    dontConfigure = true;

    # What its own tests need is not locked.
    doCheck = false;
    doInstallCheck = false;

    # Where a wheel was built, it lies in the folder of the second argument.
    installPhase = ''
      runHook preInstall
      ${buildPython.interpreter} -I -S ${./builders/install_wheel.py} \
        ${buildPython.pkgs.installer}/${buildPython.sitePackages} ${
          lib.optionalString isBuilt ''"$NIX_BUILD_TOP/wheel"''
        }
      runHook postInstall
    '';

    passthru = {
      pythonModule = python;
      requiredPythonModules = [ python ] ++ others;
      inherit dependencies;
      inherit (artifact.source) fileName;
      buildRequirements = requirements;
    };

    meta =
      {
        platforms = [ hostPlatform.system ];
      }
      // lib.optionalAttrs (artifact ? license) { inherit (artifact) license; }
      // lib.optionalAttrs (builtins.length scripts == 1) { mainProgram = builtins.head scripts; }
      // lib.optionalAttrs (native && !isBuilt && lib ? sourceTypes) {
        sourceProvenance = [ lib.sourceTypes.binaryNativeCode ];
      };
  }
  // (if isBuilt then ofSource else ofWheel)
  # What is built here finds the libraries it is linked with; what was built elsewhere has to be told.
  // lib.optionalAttrs (patched && !isBuilt) patching
)
