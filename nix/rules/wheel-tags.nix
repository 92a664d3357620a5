# Rule 2, for tags: each file can be installed on the systems that use it (PEP 425, 600, without preference).
{ lib }:
view:
let
  platforms = builtins.listToAttrs (
    map (target: {
      name = target.system;
      value = target.platform;
    }) view.targets
  );

  minor = number (builtins.elemAt (lib.splitString "." view.pythonVersion) 1);

  # Digits of a tag; an absent minor version (py3) is the lowest.
  number = digits: if digits == "" then 0 else builtins.fromJSON digits;

  machines = {
    aarch64-darwin = [
      "arm64"
      "universal2"
    ];
    aarch64-linux = [ "aarch64" ];
    x86_64-darwin = [
      "x86_64"
      "universal2"
      "universal"
      "intel"
      "fat64"
      "fat3"
    ];
    x86_64-linux = [ "x86_64" ];
  };

  pythonFits =
    python: abi:
    let
      parts = builtins.match "(py|cp)3(0|[1-9][0-9]*|)" python;
      isCpython = builtins.head parts == "cp";
      found = number (builtins.elemAt parts 1);
    in
    parts != null
    && (
      if abi == "none" then
        (if isCpython then found == minor else found <= minor)
      else if abi == "abi3" then
        isCpython && found <= minor
      else
        isCpython && found == minor && abi == "cp3${toString minor}"
    );

  platformFits =
    system: platform:
    let
      floor = builtins.match "(manylinux|macosx)_([0-9]+)_([0-9]+)" platforms.${system};
      versioned = builtins.match "(manylinux|macosx)_(0|[1-9][0-9]*)_(0|[1-9][0-9]*)_(.+)" platform;
      legacy = builtins.match "(manylinux2014|manylinux2010|manylinux1|linux)_(.+)" platform;
      needed = map number [
        (builtins.elemAt versioned 1)
        (builtins.elemAt versioned 2)
      ];
      there = map number (builtins.tail floor);
    in
    platform == "any"
    || (
      if versioned != null then
        builtins.head versioned == builtins.head floor
        && builtins.elem (builtins.elemAt versioned 3) machines.${system}
        && !(there < needed)
      else
        legacy != null
        && builtins.head floor == "manylinux"
        && builtins.elem (builtins.elemAt legacy 1) machines.${system}
    );

  fits =
    fileName: system:
    let
      parts = lib.splitString "-" (lib.removeSuffix ".whl" fileName);
      fromEnd = position: lib.splitString "." (builtins.elemAt parts (builtins.length parts - position));
    in
    # A name of fewer parts is told of by rule 2 for names.
    builtins.length parts < 5
    || builtins.any (python: builtins.any (pythonFits python) (fromEnd 2)) (fromEnd 3)
    && builtins.any (platformFits system) (fromEnd 1);

  ofArtifact =
    package: artifact:
    # Most files fit everywhere; the name alone says so.
    lib.optionals (lib.hasSuffix ".whl" artifact.name && !lib.hasSuffix "-py3-none-any.whl" artifact.name) (
      map
        (system: {
          rule = 2;
          inherit (package) entry;
          message = "${artifact.name} cannot be installed on ${system} with Python ${view.pythonVersion}";
        })
        (builtins.filter (system: platforms ? ${system} && !fits artifact.name system) artifact.systems)
    );
in
builtins.concatMap (package: builtins.concatMap (ofArtifact package) package.artifacts) view.everyPackage
