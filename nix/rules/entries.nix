# Rule 8, its second half: nothing stands twice, and everything stands in its order, so that one lock is one text.
{ lib }:
view:
let
  # Values that do not follow the one before them.  Byte order of UTF-8 is the order of code points.
  ordered =
    entry: what: values:
    let
      before = builtins.elemAt values;
      misplaced = builtins.filter (position: !(before (position - 1) < before position)) (
        builtins.genList (position: position + 1) (
          if values == [ ] then 0 else builtins.length values - 1
        )
      );
    in
    map (position: {
      rule = 8;
      inherit entry;
      message =
        if before position == before (position - 1) then
          "${what} ${before position} stands there twice"
        else
          "${what} ${before position} stands after ${before (position - 1)}; entries are sorted";
    }) misplaced;

  # Lists of one are always in order, and nearly all are.
  strings =
    entry: what: values:
    if values == [ ] || builtins.tail values == [ ] then [ ] else ordered entry what values;

  # No value holds a line end, so this is one text for one publisher: `kind`, then the other keys by name.
  identityText =
    identity:
    let
      rest = builtins.removeAttrs identity [ "kind" ];
    in
    builtins.concatStringsSep "\n" (
      [
        "kind"
        identity.kind
      ]
      ++ builtins.concatMap (key: [
        key
        rest.${key}
      ]) (builtins.attrNames rest)
    );

  ofArtifact =
    entry: artifact:
    strings entry "the system" artifact.systems
    ++ strings entry "the module" (artifact.modules or [ ])
    ++ strings entry "the start-up file" (artifact.startup-files or [ ])
    ++ strings entry "the console script" (artifact.console-scripts or [ ])
    ++ strings entry "the library" (artifact.libraries or [ ])
    ++ lib.optionals (artifact ? build) (
      strings entry "the build requirement" (
        map (requirement: "${requirement.name} ${requirement.version}") (artifact.build.requires or [ ])
      )
      ++ builtins.concatMap (requirement: strings entry "the system" (requirement.systems or [ ])) (
        artifact.build.requires or [ ]
      )
    );

  ofTree =
    entry: tree:
    strings entry "the system" tree.systems
    ++ strings entry "the dependency" tree.dependencies
    ++ strings entry "the provided name" tree.provided
    ++ builtins.concatMap (strings entry "the system") (builtins.attrValues tree.edgeSystems)
    ++ builtins.concatMap (key: strings entry "an item of ${key}," (tree.manifest.${key} or [ ])) [
      "tools"
      "hooks"
      "requires-env"
      "requires-plugins"
      "external-dependencies"
    ];

  ofPackage =
    package:
    strings package.entry "the dependency" (
      # A space precedes every character of a name or version.
      map (dependency: "${dependency.name} ${dependency.version or ""}") package.dependencies
    )
    ++ strings package.entry "the wheel" (map (wheel: wheel.name) package.wheels)
    ++ strings package.entry "the publisher" (map identityText package.identities)
    ++ strings package.entry "the artifact" (map (artifact: artifact.name) package.artifacts)
    ++ strings package.entry "the provided name" package.provided
    ++ builtins.concatMap (strings package.entry "the system") (
      builtins.attrValues package.edgeSystems
    )
    ++ builtins.concatMap (ofArtifact package.entry) package.artifacts
    ++ lib.optional (lib.unique package.systems != package.systems) {
      rule = 6;
      inherit (package) entry;
      message = "has two files for one system";
    };

  ofPlugin =
    plugin:
    let
      entry = "plugin ${plugin.name}";
    in
    strings entry "the extra" (plugin.extras or [ ])
    ++ strings entry "the entry point" (
      map (point: "${point.group} ${point.name} ${point.value}") (plugin.entry-points or [ ])
    )
    ++ strings entry "the dependency" (plugin.asked.dependencies or [ ])
    ++ lib.optionals (plugin ? tree) (ofTree entry plugin.tree);

  # A host would load either of two folders with one id.
  ids =
    system:
    let
      here = builtins.filter (tree: builtins.elem system tree.systems) view.trees;
    in
    builtins.concatLists (
      lib.mapAttrsToList (
        id: trees:
        lib.optional (builtins.length trees > 1) {
          rule = 8;
          inherit (lib.last trees) entry;
          message = "has the id ${id}, as ${(builtins.head trees).entry} has";
        }
      ) (builtins.groupBy (tree: tree.manifest.id) here)
    );

  # At most one version of a package on each system.
  onSystem =
    system:
    strings "system ${system}" "the package" (map (package: package.name) view.packagesOn.${system});

  overrides = view.resolution.overrides or [ ];
in
strings "the targets" "the system" view.systems
++ strings "the packages" "the entry" (
  map (package: "${package.name} ${package.version}") view.packages
)
++ strings "the build packages" "the entry" (
  map (package: "${package.name} ${package.version}") view.buildPackages
)
++ strings "the plugins" "the entry" (map (plugin: plugin.name) view.plugins)
++ strings "the indexes" "the address" (map (index: index.url) view.indexes)
++ builtins.concatMap (index: strings "an index" "the origin" index.files) view.indexes
++ strings "the resolution" "the constraint" (view.resolution.constraints or [ ])
++ strings "the resolution" "the override" (
  map (override: "${override.package or ""} ${override.requirement}") overrides
)
++ builtins.concatMap (
  publishers:
  strings "the policy" "the publisher" (
    map (publisher: identityText (builtins.removeAttrs publisher [ "reason" ])) publishers
  )
) (builtins.attrValues view.publishers)
++ strings "the host" "the entry-point group" (view.host.entry-points or [ ])
++ strings "the host" "the extra" (view.host.extras or [ ])
++ strings "the host" "the dependency group" (view.host.dependency-groups or [ ])
++ builtins.concatMap ofPackage view.everyPackage
++ builtins.concatMap ofPlugin view.plugins
++ builtins.concatMap onSystem view.systems
++ builtins.concatMap ids view.systems
