# Rule 6 for builds: a source has all it is built with, once; no build package is for nobody, or needs itself.
{ lib }:
view:
let
  list = builtins.concatStringsSep ", ";

  problemOf = rule: entry: message: { inherit rule entry message; };

  problem = problemOf 6;

  keyOf = package: "${package.name} ${package.version}";

  # system -> "name version" -> build package
  known = lib.genAttrs view.systems (
    system:
    builtins.listToAttrs (
      map (package: {
        name = keyOf package;
        value = package;
      }) (builtins.filter (package: builtins.elem system package.systems) view.buildPackages)
    )
  );

  # What an artifact is built with on one system.
  requirementsOn =
    system: artifact:
    builtins.filter (requirement: builtins.elem system (requirement.systems or artifact.systems)) (
      artifact.build.requires or [ ]
    );

  artifactOn =
    system: package: builtins.filter (artifact: builtins.elem system artifact.systems) package.artifacts;

  keysOf =
    system: package: map keyOf (builtins.concatMap (requirementsOn system) (artifactOn system package));

  limits =
    package: artifact: requirement:
    let
      outside = lib.subtractLists artifact.systems requirement.systems;
      what = "${artifact.name}: the build requirement ${requirement.name}";
    in
    if outside != [ ] then
      [ (problem package.entry "${what} is for ${list outside}, the artifact is not") ]
    else
      lib.optional (
        requirement.systems == [ ] || lib.subtractLists requirement.systems artifact.systems == [ ]
      ) (problem package.entry "${what} names no system, or every one of the artifact");

  # One closure: every requirement is there, at one version, with what it needs in turn beside it.
  closure =
    package: artifact: system:
    let
      requirements = requirementsOn system artifact;
      versions = builtins.groupBy (requirement: requirement.name) requirements;
      twice = builtins.filter (name: builtins.length versions.${name} > 1) (builtins.attrNames versions);
      isKnown = requirement: known.${system} ? ${keyOf requirement};
      needsOf =
        requirement:
        let
          needed = known.${system}.${keyOf requirement};
        in
        builtins.filter (name: view.appliesOn needed name system) needed.locked;
    in
    map (
      name:
      problemOf 8 package.entry "${artifact.name} is built with two versions of ${name} on ${system}"
    ) twice
    ++ builtins.concatMap (
      requirement:
      if isKnown requirement then
        map (
          name:
          problem package.entry "${artifact.name} is built with ${requirement.name}, but without ${name}, which that needs on ${system}"
        ) (builtins.filter (name: !(versions ? ${name})) (needsOf requirement))
      else
        [
          (problem package.entry "${artifact.name} is built with ${keyOf requirement}, which is no build package for ${system}")
        ]
    ) requirements;

  ofArtifact =
    package: artifact:
    builtins.concatMap (limits package artifact) (
      builtins.filter (requirement: requirement ? systems) (artifact.build.requires or [ ])
    )
    ++ builtins.concatMap (closure package artifact) (
      builtins.filter (system: known ? ${system}) artifact.systems
    );

  ofPackage =
    package:
    builtins.concatMap (ofArtifact package) (
      builtins.filter (artifact: artifact ? build) package.artifacts
    );

  # The build packages that some are built with, step by step: key -> null.
  reachedFrom =
    system: keys:
    builtins.listToAttrs (
      map
        (node: {
          name = node.key;
          value = null;
        })
        (
          builtins.genericClosure {
            startSet = map (key: { inherit key; }) keys;
            operator =
              node:
              map (key: { inherit key; }) (
                if known.${system} ? ${node.key} then keysOf system known.${system}.${node.key} else [ ]
              );
          }
        )
    );

  orphans =
    system:
    let
      reached = reachedFrom system (builtins.concatMap (keysOf system) view.packagesOn.${system});
    in
    map (package: problem package.entry "is what nothing is built with on ${system}") (
      builtins.filter (package: !(reached ? ${keyOf package})) (builtins.attrValues known.${system})
    );

  circles =
    system:
    map (package: problem package.entry "can be built only with itself, on ${system}") (
      builtins.filter (package: reachedFrom system (keysOf system package) ? ${keyOf package}) (
        builtins.attrValues known.${system}
      )
    );
in
builtins.concatMap ofPackage view.everyPackage
++ builtins.concatMap orphans view.systems
++ builtins.concatMap circles view.systems
