# Rule 1: each file has a sha256 of 64 lower-case hex digits, each tree an SRI NAR hash, and none has the other's.
{ lib }:
view:
let
  grammars = import ../grammar.nix { inherit lib; };

  # 2^53: what every reader of TOML and JSON can hold.  (Nix 2.8 clamps integers beyond 63 bits.)
  largest = 9007199254740992;

  isFile = source: source.kind == "sdist" || source.kind == "archive";

  ofFile =
    entry: name: file:
    lib.optional (!grammars.sha256.fits file.hashes.sha256) {
      rule = 1;
      inherit entry;
      message = "the sha256 of ${name} is not ${grammars.sha256.says}";
    }
    ++ lib.optional (file.size <= 0 || file.size > largest) {
      rule = 5;
      inherit entry;
      message = "the size of ${name} is no file's size";
    };

  ofSource =
    entry: source:
    lib.optionals (source != null && isFile source) (ofFile entry source.fileName source);

  ofArtifact =
    package: artifact:
    let
      isTree = package.source != null && !isFile package.source;
    in
    lib.optional (isTree != artifact ? nar-hash) {
      rule = 1;
      inherit (package) entry;
      message = "${artifact.name} is a ${
        if isTree then "tree and has no `nar-hash`" else "file, for which `nar-hash` says nothing"
      }";
    };

  ofPackage =
    package:
    builtins.concatMap (wheel: ofFile package.entry wheel.name wheel) package.wheels
    ++ ofSource package.entry package.source
    ++ builtins.concatMap (ofArtifact package) package.artifacts;
in
builtins.concatMap ofPackage view.everyPackage
++ builtins.concatMap (tree: ofSource tree.entry tree.source) view.trees
