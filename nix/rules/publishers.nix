# Rule 6 for publishers: attested artifacts have them, and only what an index serves does (PEP 740).
{ lib }:
view:
let
  problem = entry: message: {
    rule = 6;
    inherit entry message;
  };

  ofPackage =
    package:
    let
      attested = builtins.filter (artifact: artifact.attested or false) package.artifacts;
      isPublished = package.identities != [ ];
    in
    lib.optional (isPublished && attested == [ ]) (
      problem package.entry "has publishers, and none of its artifacts is attested"
    )
    ++ lib.optional (!isPublished && attested != [ ]) (
      problem package.entry "has the attested ${(builtins.head attested).name}, and no publisher"
    )
    ++ lib.optional (isPublished && package.index == null) (
      problem package.entry "has publishers, and comes from no index that could name them"
    );

  nobody = builtins.filter (name: view.publishers.${name} == [ ]) (
    builtins.attrNames view.publishers
  );
in
builtins.concatMap ofPackage view.everyPackage
++ map (name: problem "the policy" "lets nobody publish ${name}") nobody
