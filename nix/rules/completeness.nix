# Rule 6, its second half: every target of every plugin is complete, no package is an orphan, and nothing that the
# host ships is brought a second time.
{ lib }:
view:
let
  problem = entry: message: {
    rule = 6;
    inherit entry message;
  };

  # system -> version of a plugin, where the lock gives one.
  versionsOf =
    plugin:
    if builtins.isAttrs plugin.version then
      plugin.version
    else
      lib.genAttrs view.systems (_: plugin.version);

  ofPlugin = plugin: if plugin.kind == "directory" then ofDirectory plugin else ofPackagePlugin plugin;

  ofDirectory =
    plugin:
    let
      entry = "plugin ${plugin.name}";
      left = lib.subtractLists plugin.tree.systems view.systems;
      foreign = lib.subtractLists view.systems plugin.tree.systems;
    in
    map (key: problem entry "is a directory plugin and has no `${key}`") (
      builtins.filter (key: plugin ? ${key}) [
        "specifier"
        "version"
        "extras"
        "index"
        "entry-points"
      ]
    )
    ++ lib.optional (!(plugin ? asked)) (problem entry "is a directory plugin and must have `asked`")
    ++ map (system: problem entry "is locked for ${system}, which is not among the targets") foreign
    ++ lib.optional (left != [ ] && !(plugin ? marker)) (
      problem entry "is not locked for ${builtins.concatStringsSep ", " left}, and no marker leaves that out"
    )
    # An absent list means every target.
    ++ lib.optional (
      left == [ ] && plugin.tree.statesSystems
    ) (problem entry "names every target in `systems`, which is then absent");

  ofPackagePlugin =
    plugin:
    let
      entry = "plugin ${plugin.name}";
      versions = versionsOf plugin;

      complete =
        system: version:
        let
          locked = view.lockedOn.${system}.${plugin.name} or null;
          provided = view.provided.${plugin.name}.${system} or null;
        in
        if !builtins.elem system view.systems then
          [ (problem entry "is locked for ${system}, which is not among the targets") ]
        else if locked == null && provided == null then
          [ (problem entry "is to be ${version} on ${system}, where no package of that name is locked") ]
        else if locked != null && locked.version != version then
          [ (problem entry "is to be ${version} on ${system}, where ${locked.version} is locked") ]
        else
          [ ];

      left = lib.subtractLists (builtins.attrNames versions) view.systems;

      lockedAs = lib.unique (
        map (system: view.lockedOn.${system}.${plugin.name}.source) (
          builtins.filter (system: view.lockedOn.${system} or { } ? ${plugin.name}) (builtins.attrNames versions)
        )
      );
    in
    lib.optional (plugin ? specifier == plugin ? asked) (
      problem entry "has ${
        if plugin ? asked then "both `specifier` and" else "neither `specifier` nor"
      } `asked`"
    )
    ++ lib.optional (plugin ? tree) (problem entry "is a package and has no `tree`")
    ++ lib.optional (plugin ? asked && plugin ? index) (problem entry "is from no index and has no `index`")
    ++ lib.optional (!(plugin ? asked) && builtins.any isDirect lockedAs) (
      problem entry "asks for a version of an index, and what is locked is from none"
    )
    ++
    builtins.concatLists (lib.mapAttrsToList complete versions)
    ++ lib.optional (left != [ ] && !(plugin ? marker)) (
      problem entry "is not locked for ${builtins.concatStringsSep ", " left}, and no marker leaves that out"
    );

  isDirect = source: source != null && source.kind != "sdist";

  isWanted =
    system: plugin:
    if plugin ? tree then
      builtins.elem system plugin.tree.systems
    else
      versionsOf plugin ? ${system};

  orphans =
    system:
    let
      wanted = builtins.filter (isWanted system) view.plugins;
      inherit (import ../reachable.nix view system) reachable roots;
      needed = reachable (builtins.concatMap roots wanted);
    in
    map (package: problem package.entry "is needed by no plugin on ${system}") (
      builtins.filter (package: !(needed ? ${package.name})) view.packagesOn.${system}
    );

  secondCopies =
    system:
    map (package: problem package.entry "is a second copy of what the host ships on ${system}") (
      builtins.filter (package: view.provided.${package.name} or { } ? ${system}) view.packagesOn.${system}
    );

  ofPackage =
    package:
    lib.optional (package.systems == [ ]) (problem package.entry "is locked for no system")
    ++ map (system: problem package.entry "is locked for ${system}, which is not among the targets") (
      lib.subtractLists view.systems package.systems
    );

  # The host's versions stand in the lock because some package relies on them.
  reliedOn = builtins.listToAttrs (
    map
      (name: {
        inherit name;
        value = null;
      })
      (
        builtins.concatMap (package: package.provided) (view.packages ++ view.trees)
        ++ map (plugin: plugin.name) (builtins.filter (plugin: !(plugin ? tree)) view.plugins)
      )
  );

  strangeSystems = lib.mapAttrsToList (
    name: versions:
    map (system: problem "the host" "provides ${name} on ${system}, which is not among the targets") (
      lib.subtractLists view.systems (builtins.attrNames versions)
    )
  ) view.provided;

  unused = builtins.filter (name: !(reliedOn ? ${name})) (builtins.attrNames view.provided);
in
lib.optional (view.document.created-by != "plugin-lock") (
  problem "created-by" "is not plugin-lock" // { rule = 7; }
)
++ lib.optional (view.systems == [ ]) (problem "the targets" "are empty")
++ builtins.concatMap ofPackage view.everyPackage
++ builtins.concatMap ofPlugin view.plugins
++ builtins.concatMap orphans view.systems
++ builtins.concatMap secondCopies view.systems
++ builtins.concatLists strangeSystems
++ map (name: problem "the host" "provides ${name}, on which no locked package relies") unused
