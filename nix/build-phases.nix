# How a source becomes a wheel: unpacked, then handed to its backend (PEP 517) beside its locked requirements.
#
# The phases are stdenv's, so that `overrides` may add `patches`, `postPatch`, `preBuild`, `nativeBuildInputs` and
# `buildInputs`.
{ lib, buildPython }:
{ package, requirements }:
let
  inherit (package.artifact) build source;

  subdirectory = source.subdirectory or null;

  run = "${buildPython.interpreter} -I -S";
in
{
  sourceRoot = "source${lib.optionalString (subdirectory != null) "/${subdirectory}"}";

  distribution = package.name;
  lockedVersion = package.version;
  buildBackend = build.backend;
  backendPath = build.backend-path or [ ];
  buildRequirements = map (requirement: "${requirement}") requirements;

  unpackPhase = ''
    runHook preUnpack
    ${run} ${./builders/unpack_source.py}
    runHook postUnpack
  '';

  # An environment that holds the requirements and nothing else: neither what the interpreter was given besides, nor
  # what this package will need once it runs.
  buildPhase = ''
    runHook preBuild
    ${run} ${./builders/make_virtual_environment.py} ${buildPython.interpreter} \
      "$NIX_BUILD_TOP/requirements" $buildRequirements
    mkdir -p "$NIX_BUILD_TOP/wheel" "$NIX_BUILD_TOP/home"
    env -u PYTHONPATH -u PYTHONHOME \
      HOME="$NIX_BUILD_TOP/home" PATH="$NIX_BUILD_TOP/requirements/bin:$PATH" \
      PYTHONHASHSEED=0 PYTHONNOUSERSITE=1 SOURCE_DATE_EPOCH=315532800 \
      "$NIX_BUILD_TOP/requirements/bin/python" ${./builders/build_wheel.py} "$NIX_BUILD_TOP/wheel"
    runHook postBuild
  '';
}
