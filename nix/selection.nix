# What of a lock one machine uses: the plugins it wants and the packages they need there.  Pure: only `lib`.
{ lib }:
{
  view,
  system,
  wanted,
}:
let
  inherit (import ./reachable.nix view system) edges reachable roots;

  byName = builtins.listToAttrs (
    map (plugin: {
      inherit (plugin) name;
      value = plugin;
    }) view.plugins
  );

  # Null for a directory plugin, unless its manifest has one.
  versionOf =
    plugin:
    if plugin ? tree then
      plugin.tree.manifest.version or null
    else if builtins.isAttrs plugin.version then
      plugin.version.${system} or null
    else
      plugin.version;

  isAvailable =
    plugin:
    if plugin ? tree then builtins.elem system plugin.tree.systems else versionOf plugin != null;

  available = builtins.filter (name: isAvailable byName.${name}) (builtins.attrNames byName);

  list = builtins.concatStringsSep ", ";

  requireKnown =
    name:
    if !(byName ? ${name}) then
      throw (
        "plugin-lock: no plugin ${name} in the lock, which has ${list (builtins.attrNames byName)}; "
        + "add it with `plugin-lock add ${name}`"
      )
    else if !isAvailable byName.${name} then
      throw (
        "plugin-lock: plugin ${name} is not locked for ${system} "
        + "(its marker in plugins.toml: ${byName.${name}.marker or "none"}); leave it out of `plugins` "
        + "on this machine, or change the marker and run `plugin-lock lock`"
      )
    else
      name;

  names =
    if wanted == null then
      available
    else if !builtins.isList wanted || !builtins.all builtins.isString wanted then
      throw "plugin-lock: `plugins` is a list of names such as [ \"rtk-hermes\" ], or null for all"
    else
      lib.unique (map requireKnown wanted);

  selected = reachable (builtins.concatMap (name: roots byName.${name}) names);

  # The file of a package on this system: what is known of it and where it comes from.
  artifactOf =
    package:
    let
      known = builtins.head (
        builtins.filter (artifact: builtins.elem system artifact.systems) package.artifacts
      );
      wheels = builtins.filter (wheel: wheel.name == known.name) package.wheels;
      wheel = builtins.head wheels // {
        kind = "wheel";
        fileName = known.name;
      };
    in
    known // { source = if wheels == [ ] then package.source else wheel; };

  withArtifact = package: package // { artifact = artifactOf package; };

  # What an artifact is built with on this system, as keys of `buildPackages`.
  requirements =
    artifact:
    map buildKey (
      builtins.filter (
        requirement: builtins.elem system (requirement.systems or [ system ])
      ) (artifact.build.requires or [ ])
    );

  buildKey = package: "${package.name} ${package.version}";

  everyBuildPackage = builtins.listToAttrs (
    map (package: {
      name = buildKey package;
      value = withArtifact package;
    }) (builtins.filter (package: builtins.elem system package.systems) view.buildPackages)
  );

  # What the selected packages are built with, and what that is built with in turn.
  buildPackages =
    let
      nodes = package: map (key: { inherit key; }) (requirements package.artifact);
    in
    builtins.listToAttrs (
      map
        (node: {
          name = node.key;
          value = everyBuildPackage.${node.key};
        })
        (
          builtins.genericClosure {
            startSet = builtins.concatMap (package: nodes (withArtifact package)) (builtins.attrValues selected);
            operator = node: nodes everyBuildPackage.${node.key};
          }
        )
    );

in
if !builtins.elem system view.systems then
  throw (
    "plugin-lock: the lock is not made for ${system}, only for ${list view.systems}; "
    + "add it to `systems` below [targets] in plugins.toml and run `plugin-lock lock`"
  )
else
  {
    inherit system view;

    # name -> package of the lock, with the file and the edges of this system
    packages = builtins.mapAttrs (_: package: withArtifact package // { needs = edges package; }) selected;

    # "name version" -> build package, with the file of this system
    inherit buildPackages requirements;

    # name -> plugin of the lock, with the version of this system
    plugins = lib.genAttrs names (name: byName.${name} // { version = versionOf byName.${name}; });

    # name -> directory plugin
    directories = builtins.listToAttrs (
      map (name: {
        inherit name;
        value = byName.${name};
      }) (builtins.filter (name: byName.${name} ? tree) names)
    );

    # The names of all that some packages need, themselves included, as the keys of a set; and that plugins need.
    closure = reachable;
    closureOf = name: reachable (roots byName.${name});

    # name -> version of what the host must provide here
    provided = lib.filterAttrs (_: version: version != null) (
      builtins.mapAttrs (_: versions: versions.${system} or null) view.provided
    );
  }
