# What a lock says, arranged for the rules and for building.  Expects a document of the right shape.
{ lib }:
document:
let
  show = import ./show.nix;

  urls = import ./urls.nix { inherit lib; };

  meta = document.tool.plugin-lock;

  systems = map (target: target.system) meta.targets;

  # A value that stands for every system, or a table by system, as a table by system.
  bySystem =
    value:
    if builtins.isAttrs value then value else lib.genAttrs systems (_: value);

  # Where a package or a plugin's folder comes from, wheels apart: the one table of `sdist`, `archive`, `vcs` and
  # `directory`, its `kind`, and the `fileName` under which `artifacts` speak of it.  Null where there is none.
  sourceOf =
    entry:
    if entry ? sdist then
      entry.sdist
      // {
        kind = "sdist";
        fileName = entry.sdist.name;
      }
    else if entry ? archive then
      entry.archive
      // {
        kind = "archive";
        fileName = urls.lastSegment entry.archive.url;
      }
    else if entry ? vcs then
      entry.vcs
      // {
        kind = "vcs";
        fileName = "${entry.name}-${entry.vcs.commit-id}";
      }
    else if entry ? directory then
      entry.directory
      // {
        kind = "directory";
        fileName = "${entry.name}-source";
      }
    else
      null;

  viewPackage =
    what: package:
    let
      own = package.tool.plugin-lock;
      dependencies = package.dependencies or [ ];
    in
    {
      inherit (package) name version;
      inherit dependencies;
      inherit (own) artifacts;
      wheels = package.wheels or [ ];
      source = sourceOf package;
      entry = "${what} ${show package.name} ${show package.version}";
      index = package.index or null;
      identities = package.attestation-identities or [ ];
      marker = package.marker or null;
      requiresPython = package.requires-python or null;
      systems = builtins.concatLists (map (artifact: artifact.systems) own.artifacts);
      # Names of edges; one locked at two versions stands twice in `dependencies`.
      locked = lib.unique (map (dependency: dependency.name) dependencies);
      provided = own.provided or [ ];
      edgeSystems = own.edge-systems or { };
    };

  packages = map (viewPackage "package") (document.packages or [ ]);

  # A directory plugin's folder has edges as a package has.
  viewPlugin =
    plugin:
    if plugin ? tree then
      plugin
      // {
        tree =
          {
            dependencies = [ ];
            provided = [ ];
          }
          // plugin.tree
          // {
            entry = "plugin ${show plugin.name}";
            source = sourceOf (plugin.tree // { inherit (plugin) name; });
            systems = plugin.tree.systems or systems;
            statesSystems = plugin.tree ? systems;
            locked = plugin.tree.dependencies or [ ];
            edgeSystems = plugin.tree.edge-systems or { };
          };
      }
    else
      plugin;

  plugins = map viewPlugin (meta.plugins or [ ]);

  buildPackages = map (viewPackage "build package") (meta.build-packages or [ ]);

  packagesOn = lib.genAttrs systems (
    system: builtins.filter (package: builtins.elem system package.systems) packages
  );
in
{
  inherit
    buildPackages
    document
    packages
    packagesOn
    systems
    ;

  inherit (meta) host targets;
  inherit plugins;

  # The folders of directory plugins.
  trees = map (plugin: plugin.tree) (builtins.filter (plugin: plugin ? tree) plugins);

  # What is installed, and what sources are built with.
  everyPackage = packages ++ buildPackages;
  indexes = meta.indexes or [ ];
  resolution = meta.resolution or { };
  policy = meta.policy or { };
  publishers = meta.policy.publishers or { };

  # 3.12 of 3.12 or 3.12.4
  pythonVersion = builtins.concatStringsSep "." (lib.take 2 (lib.splitString "." meta.host.python));

  # name -> system -> version
  provided = builtins.mapAttrs (_: bySystem) (meta.host.provided or { });

  # system -> name -> package
  lockedOn = builtins.mapAttrs (
    _: found:
    builtins.listToAttrs (
      map (package: {
        inherit (package) name;
        value = package;
      }) found
    )
  ) packagesOn;

  # Tells whether an edge of a package applies on a system.
  appliesOn =
    package: name: system:
    !(package.edgeSystems ? ${name}) || builtins.elem system package.edgeSystems.${name};
}
