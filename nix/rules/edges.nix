# Rule 6, its first half: on every system where an edge applies, it leads to a locked or a provided package, and
# stands in the list that says which.
{ lib }:
view:
let
  list = builtins.concatStringsSep ", ";

  problem = package: message: {
    rule = 6;
    inherit (package) entry;
    inherit message;
  };

  edge =
    package: name:
    let
      systems = package.edgeSystems.${name} or package.systems;
      isLocked = system: view.lockedOn.${system} or { } ? ${name};
      isProvided = system: view.provided.${name} or { } ? ${system};
      nowhere = builtins.filter (system: !isLocked system && !isProvided system) systems;
      onLock = builtins.any isLocked systems;
      onHost = builtins.any isProvided systems;
    in
    if nowhere != [ ] then
      [ (problem package "needs ${name}, which is neither locked nor provided for ${list nowhere}") ]
    else
      lib.optional (onLock != builtins.elem name package.locked) (
        problem package "${
          if onLock then "has no" else "has an"
        } edge to ${name} in `dependencies`, which is ${if onLock then "locked" else "provided by the host"}"
      )
      ++ lib.optional (onHost != builtins.elem name package.provided) (
        problem package "${
          if onHost then "has no" else "has an"
        } edge to ${name} in `provided`, which is ${if onHost then "provided by the host" else "locked"}"
      );

  limit =
    package: name: systems:
    let
      outside = lib.subtractLists package.systems systems;
    in
    if !builtins.elem name package.locked && !builtins.elem name package.provided then
      [ (problem package "limits an edge to ${name}, which it does not have") ]
    else if outside != [ ] then
      [ (problem package "limits its edge to ${name} to ${list outside}, for which it is not locked") ]
    else if systems == [ ] || builtins.length systems == builtins.length package.systems then
      [ (problem package "limits its edge to ${name} to no system, or to all of its own") ]
    else
      [ ];

  # PEP 751: a version stands with a dependency exactly where its name is locked at several.
  candidates = builtins.groupBy (package: package.name) view.packages;

  dependencyEntries =
    package:
    builtins.concatMap (
      name:
      let
        found = candidates.${name} or [ ];
        systems = package.edgeSystems.${name} or package.systems;
        meant = builtins.filter (other: builtins.any (system: builtins.elem system systems) other.systems) found;
      in
      if builtins.length found < 2 then
        [ { inherit name; } ]
      else
        map (other: { inherit (other) name version; }) meant
    ) package.locked;

  limits = package: builtins.concatLists (lib.mapAttrsToList (limit package) package.edgeSystems);

  ofEdges =
    package:
    builtins.concatMap (edge package) (lib.unique (package.locked ++ package.provided))
    ++ limits package;

  # What it needs is said by the artifact that is built with it, and checked there.
  ofBuildPackage =
    package:
    limits package
    ++ lib.optional (package.provided != [ ]) (
      problem package "is built with, and relies on nothing of the host"
    )
    ++ lib.optional (builtins.any (dependency: dependency ? version) package.dependencies) (
      problem package "has `dependencies` with versions, which the artifacts built with it give"
    );

  ofPackage =
    package:
    ofEdges package
    ++ lib.optional (dependencyEntries package != package.dependencies) (
      problem package "has `dependencies` with versions other than those locked"
    );
in
builtins.concatMap ofPackage view.packages
++ builtins.concatMap ofBuildPackage view.buildPackages
++ builtins.concatMap ofEdges view.trees
