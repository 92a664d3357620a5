# Rule 5: names, versions, systems and file names match their grammars.
{ lib }:
view:
let
  grammars = import ../grammar.nix { inherit lib; };

  show = import ../show.nix;

  spelt =
    entry: what: grammar: value:
    lib.optional (!grammar.fits value) {
      rule = grammar.rule or 5;
      inherit entry;
      message = "${what} ${show value} is not ${grammar.says}";
    };

  speltAll =
    entry: what: grammar: values:
    if builtins.all grammar.fits values then
      [ ]
    else
      builtins.concatMap (spelt entry what grammar) values;

  optionally =
    entry: what: grammar: value:
    lib.optionals (value != null) (spelt entry what grammar value);

  ofVersions =
    entry: versions:
    speltAll entry "the system" grammars.system (builtins.attrNames versions)
    ++ speltAll entry "the version" grammars.version (builtins.attrValues versions);

  folder = entry: optionally entry "the subdirectory" grammars.path;

  ofSource =
    entry: source:
    lib.optionals (source.kind == "sdist") (spelt entry "the file name" grammars.sdist source.name)
    ++ lib.optionals (source.kind == "vcs") (
      spelt entry "the commit" grammars.commit source.commit-id
      ++ optionally entry "the requested revision" grammars.gitRef (source.requested-revision or null)
    )
    ++ lib.optionals (source.kind == "directory") (spelt entry "the path" grammars.path source.path)
    ++ folder entry (source.subdirectory or null);

  ofBuild =
    entry: build:
    spelt entry "the backend" grammars.backend build.backend
    ++ speltAll entry "backend-path" grammars.backendPath (build.backend-path or [ ])
    ++ builtins.concatMap (
      requirement:
      spelt entry "the build requirement" grammars.name requirement.name
      ++ spelt entry "the version of a build requirement" grammars.version requirement.version
      ++ speltAll entry "the system" grammars.system (requirement.systems or [ ])
    ) (build.requires or [ ]);

  ofArtifact =
    entry: source: artifact:
    spelt entry "the file name" (if source == null then grammars.wheel else grammars.artifact) artifact.name
    ++ optionally entry "the hash" grammars.narHash (artifact.nar-hash or null)
    ++ lib.optionals (artifact ? build) (ofBuild entry artifact.build)
    ++ speltAll entry "the system" grammars.system artifact.systems
    ++ speltAll entry "the module" grammars.module (artifact.modules or [ ])
    ++ speltAll entry "the start-up file" grammars.startupFile (artifact.startup-files or [ ])
    ++ speltAll entry "the console script" grammars.fileName (artifact.console-scripts or [ ])
    ++ speltAll entry "the library" grammars.fileName (artifact.libraries or [ ])
    ++ optionally entry "the licence" grammars.plainText (artifact.license or null)
    ++ optionally entry "the upload time" grammars.timestamp (artifact.uploaded or null);

  ofIdentity =
    entry: identity:
    speltAll entry "the publisher's key" grammars.identityKey (builtins.attrNames identity)
    ++ speltAll entry "the publisher's value" grammars.plainText (builtins.attrValues identity);

  ofPackage =
    package:
    let
      inherit (package) entry;
    in
    spelt entry "the name" grammars.name package.name
    ++ spelt entry "the version" grammars.version package.version
    ++ optionally entry "requires-python" grammars.specifier package.requiresPython
    ++ speltAll entry "the dependency" grammars.name package.locked
    ++ speltAll entry "the provided name" grammars.name package.provided
    ++ builtins.concatMap (
      dependency:
      optionally entry "the dependency's version" grammars.version (dependency.version or null)
    ) package.dependencies
    ++ ofEdges entry package.edgeSystems
    ++ speltAll entry "the file name" grammars.wheel (map (wheel: wheel.name) package.wheels)
    ++ builtins.concatMap (ofIdentity entry) package.identities
    ++ lib.optionals (package.source != null) (ofSource entry package.source)
    ++ builtins.concatMap (ofArtifact entry package.source) package.artifacts;

  ofEdges =
    entry: edgeSystems:
    builtins.concatLists (
      lib.mapAttrsToList (
        name: systems:
        spelt entry "the edge" grammars.name name
        ++ speltAll entry "the system" grammars.system systems
      ) edgeSystems
    );

  ofAsked =
    entry: asked:
    optionally entry "the tag" grammars.gitRef (asked.tag or null)
    ++ optionally entry "the branch" grammars.gitRef (asked.branch or null)
    ++ optionally entry "the revision" grammars.commit (asked.rev or null)
    ++ optionally entry "the path" grammars.path (asked.path or null)
    ++ folder entry (asked.subdirectory or null)
    ++ speltAll entry "the dependency" grammars.expression (asked.dependencies or [ ]);

  ofTree =
    entry: tree:
    let
      inherit (tree) manifest;
    in
    ofSource entry tree.source
    ++ spelt entry "the hash" grammars.narHash tree.nar-hash
    ++ speltAll entry "the system" grammars.system tree.systems
    ++ speltAll entry "the dependency" grammars.name tree.locked
    ++ speltAll entry "the provided name" grammars.name tree.provided
    ++ ofEdges entry tree.edgeSystems
    ++ spelt entry "the manifest" grammars.fileName manifest.file
    ++ spelt entry "the id" grammars.pluginId manifest.id
    ++ optionally entry "the executable" grammars.path (manifest.executable or null)
    ++ optionally entry "the risk" grammars.risk (manifest.risk or null)
    ++ optionally entry "the manifest's version" grammars.plainText (manifest.version or null)
    ++ optionally entry "requires-host" grammars.plainText (manifest.requires-host or null)
    ++ speltAll entry "requires-env" grammars.environmentVariable (manifest.requires-env or [ ])
    ++ builtins.concatMap (key: speltAll entry key grammars.plainText (manifest.${key} or [ ])) [
      "tools"
      "hooks"
      "requires-plugins"
      "external-dependencies"
    ];

  ofPlugin =
    plugin:
    let
      entry = "plugin ${show plugin.name}";
      stated = plugin.version or { };
      versions = if builtins.isAttrs stated then stated else { };
      version = lib.optional (!builtins.isAttrs stated) stated;
    in
    spelt entry "the name" grammars.name plugin.name
    ++ spelt entry "the kind" grammars.pluginKind plugin.kind
    ++ optionally entry "the specifier" grammars.specifier (plugin.specifier or null)
    ++ lib.optionals (plugin ? asked) (ofAsked entry plugin.asked)
    ++ lib.optionals (plugin ? tree) (ofTree entry plugin.tree)
    ++ speltAll entry "the version" grammars.version version
    ++ ofVersions entry versions
    ++ speltAll entry "the extra" grammars.name (plugin.extras or [ ])
    ++ optionally entry "the marker" grammars.expression (plugin.marker or null)
    ++ optionally entry "the index" grammars.indexName (plugin.index or null)
    ++ builtins.concatMap (
      point:
      spelt entry "the entry-point group" grammars.group point.group
      ++ spelt entry "the entry point" grammars.entryPointName point.name
      ++ spelt entry "the entry point's value" grammars.entryPointValue point.value
    ) (plugin.entry-points or [ ]);

  ofHost =
    let
      entry = "the host";
      inherit (view) host;
    in
    spelt entry "the name" grammars.name host.name
    ++ optionally entry "the version" grammars.version (host.version or null)
    ++ spelt entry "python" grammars.python host.python
    ++ speltAll entry "the entry-point group" grammars.group (host.entry-points or [ ])
    ++ speltAll entry "the extra" grammars.name (host.extras or [ ])
    ++ speltAll entry "the dependency group" grammars.name (host.dependency-groups or [ ])
    ++ spelt entry "the source" grammars.sourceKind host.source.kind
    ++ optionally entry "the flake input" grammars.flakeInput (host.source.flake-input or null)
    ++ optionally entry "the source's location" grammars.plainText (host.source.location or null)
    ++ optionally entry "the source's address" grammars.plainText (host.source.url or null)
    ++ optionally entry "the source's revision" grammars.commit (host.source.revision or null)
    ++ speltAll entry "the provided name" grammars.name (builtins.attrNames view.provided)
    ++ builtins.concatMap (ofVersions entry) (builtins.attrValues view.provided);

  ofTarget =
    target:
    spelt "a target" "the system" grammars.system target.system
    ++ spelt "target ${show target.system}" "the platform" (grammars.platformOf target.system) target.platform;

  ofOverride =
    override:
    spelt "an override" "the requirement" grammars.expression override.requirement
    ++ spelt "an override" "the reason" grammars.plainText override.reason
    ++ optionally "an override" "the package" grammars.name (override.package or null);

  # What a reviewer agreed to: names and addresses, each with the reason.
  ofPolicy =
    kind: reasons:
    lib.optionals (kind != "allow-origins") (
      speltAll "the policy" "the name of ${kind}" grammars.name (builtins.attrNames reasons)
    )
    ++ speltAll "the policy" "the reason of ${kind}" grammars.plainText (builtins.attrValues reasons);

  # Who alone may publish a package; a publisher's keys are those of its kind, and the reason stands beside them.
  ofPublishers =
    name: publishers:
    spelt "the policy" "the name of publishers" grammars.name name
    ++ builtins.concatMap (ofIdentity "the policy") publishers;
in
builtins.concatMap ofTarget view.targets
++ ofHost
++ builtins.concatMap ofPackage view.everyPackage
++ builtins.concatMap ofPlugin view.plugins
++ builtins.concatMap ofOverride (view.resolution.overrides or [ ])
++ builtins.concatLists (
  lib.mapAttrsToList ofPolicy (builtins.removeAttrs view.policy [ "publishers" ])
)
++ builtins.concatLists (lib.mapAttrsToList ofPublishers view.publishers)
++ optionally "the resolution" "exclude-newer" grammars.spanOrDate (
  view.resolution.exclude-newer or null
)
++ optionally "the resolution" "prereleases" grammars.prereleases (
  view.resolution.prereleases or null
)
++ speltAll "the resolution" "the constraint" grammars.expression (view.resolution.constraints or [ ])
