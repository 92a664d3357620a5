# Rule 2: the file name, the last segment of the URL, and the entry's name and version agree.
# A tool that edits only `version =` is stopped here.
{ lib }:
view:
let
  versions = import ../versions.nix { inherit lib; };
  urls = import ../urls.nix { inherit lib; };
  grammars = import ../grammar.nix { inherit lib; };

  # PEP 503, on what a wheel's file name may hold.
  normalize =
    name:
    builtins.concatStringsSep "-" (
      builtins.filter (part: builtins.isString part) (builtins.split "[._-]+" (lib.toLower name))
    );

  problem = problemOf 2;

  problemOf = rule: package: message: [
    {
      inherit rule;
      inherit (package) entry;
      inherit message;
    }
  ];

  isWheel = lib.hasSuffix ".whl";

  # What a file's name says it is a file of.
  agreesWith =
    package: fileName: name: version:
    if normalize name != package.name then
      problem package "${fileName} is a file of ${normalize name}"
    else if !versions.same version package.version then
      problem package "${fileName} is a file of version ${version}"
    else
      [ ];

  # Binary distribution format: name-version(-build)?-python-abi-platform.whl
  wheelAgrees =
    package: fileName:
    let
      parts = lib.splitString "-" (lib.removeSuffix ".whl" fileName);
      count = builtins.length parts;
      build = builtins.elemAt parts 2;
      usual = "${builtins.replaceStrings [ "-" ] [ "_" ] package.name}-${package.version}-";
    in
    if count != 5 && !(count == 6 && builtins.match "[0-9].*" build != null) then
      problem package "${fileName} is not a wheel's name: it has ${toString count} parts, not 5 or 6"
    else if lib.hasPrefix usual fileName then
      [ ]
    else
      agreesWith package fileName (builtins.head parts) (builtins.elemAt parts 1);

  # PEP 625: name-version.tar.gz, where old names may hold hyphens themselves.
  sdistAgrees =
    package: fileName:
    let
      parts = builtins.match "(.+)-([^-]+)\\.(tar\\.gz|zip)" fileName;
    in
    if parts == null || versions.key (builtins.elemAt parts 1) == null then
      problem package "${fileName} is not a source distribution's name"
    else
      agreesWith package fileName (builtins.head parts) (builtins.elemAt parts 1);

  endsIn =
    package: file:
    lib.optionals (urls.fault file.url == null && urls.lastSegment file.url != file.name) (
      problem package "the URL of ${file.name} ends in another file name"
    );

  ofWheel = package: wheel: wheelAgrees package wheel.name ++ endsIn package wheel;

  # What reads as a commit is the commit: a branch may be called like another one.
  ofCommit =
    owner: source:
    let
      requested = source.requested-revision or null;
    in
    lib.optionals (
      source.kind == "vcs" && requested != null && requested != source.commit-id && grammars.commit.fits requested
    ) (problemOf 4 owner "`requested-revision` is a commit, and not the one of `commit-id`");

  ofArchive =
    package: source:
    lib.optionals (isWheel source.fileName) (
      wheelAgrees package source.fileName
      ++ lib.optionals (source ? subdirectory) (
        problemOf 6 package "${source.fileName} is a wheel, which has no `subdirectory`"
      )
    );

  # From one place, without wheels, and with the one artifact that is called as it is.
  ofDirect =
    package:
    let
      inherit (package) source;
    in
    lib.optionals (source.kind == "archive") (ofArchive package source)
    ++ ofCommit package source
    ++ lib.optionals (package.wheels != [ ]) (
      problemOf 6 package "wheels stand beside a source that is from no index"
    )
    ++ lib.optionals (builtins.length package.artifacts != 1) (
      problemOf 6 package "a source that is from no index has one artifact"
    )
    ++ builtins.concatMap (
      artifact:
      lib.optionals (artifact.name != source.fileName) (
        problem package "the artifact is called ${artifact.name}, its source ${source.fileName}"
      )
    ) package.artifacts;

  # Every file is used on some system, and every artifact is one of the files.
  ofFiles =
    package:
    let
      sdists = lib.optional (package.source != null) package.source;
      files = map (file: file.name) (package.wheels ++ sdists);
      artifacts = map (artifact: artifact.name) package.artifacts;
    in
    builtins.concatMap (ofWheel package) package.wheels
    ++ builtins.concatMap (sdist: sdistAgrees package sdist.name ++ endsIn package sdist) sdists
    ++ builtins.concatMap (name: problemOf 6 package "the artifact ${name} has no file of the entry") (
      lib.subtractLists files artifacts
    )
    ++ builtins.concatMap (name: problemOf 6 package "the file ${name} has no entry in `artifacts`") (
      lib.subtractLists artifacts files
    );

  # What is no wheel says how it is built.
  ofArtifact =
    package: artifact:
    lib.optionals (isWheel artifact.name == artifact ? build) (
      problemOf 6 package (
        if artifact ? build then
          "${artifact.name} is a wheel, which is not built"
        else
          "${artifact.name} must be built, and nothing says how"
      )
    )
    ++
      lib.optionals
        ((artifact.submodules or false) && (package.source == null || package.source.kind != "vcs"))
        (problemOf 6 package "${artifact.name} is from no git repository and has no submodules");

  ofPackage =
    package:
    (
      if package.source == null || package.source.kind == "sdist" then
        ofFiles package
      else
        ofDirect package
    )
    ++ builtins.concatMap (ofArtifact package) package.artifacts;

  ofTree =
    tree:
    ofCommit tree tree.source
    ++ lib.optionals (tree.source.kind == "archive" && isWheel tree.source.fileName) (
      problemOf 6 tree "a wheel is no folder of a plugin"
    )
    ++ lib.optionals ((tree.submodules or false) && tree.source.kind != "vcs") (
      problemOf 6 tree "is from no git repository and has no submodules"
    );
in
builtins.concatMap ofPackage view.everyPackage ++ builtins.concatMap ofTree view.trees
