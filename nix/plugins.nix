# What one plugin is: its package or folder, all it needs, its entry points, and what was asked for.
{
  lib,
  artifacts,
  directories,
  makeEnvironment,
  packages,
  selection,
}:
builtins.mapAttrs (
  name: plugin:
  let
    closure = map (needed: packages.${needed}) (builtins.attrNames (selection.closureOf name));

    isDirectory = plugin ? tree;

    tree = artifacts.byPlugin.${name};

    # What evaluation brought to the store: a folder of the project, or what Nix itself fetched.
    isEvaluated = isDirectory && builtins.isString tree;

    subdirectory = plugin.tree.source.subdirectory or null;
  in
  {
    inherit name closure;
    inherit (plugin) kind version;

    # Null for a directory plugin, and where the host itself ships the plugin.
    package = if isDirectory then null else packages.${name} or null;

    # The folder as it is built, and, for code that reads folders while evaluating, as its author left it.
    directory = directories.${name} or null;
    sourcePath =
      if isEvaluated then
        "${tree}${lib.optionalString (subdirectory != null) "/${subdirectory}"}"
      else
        null;

    # What a directory plugin says of itself.
    manifest = plugin.tree.manifest or null;

    # { group, name, value }, as core metadata has them.
    entryPoints = plugin.entry-points or [ ];

    # This plugin alone, for a program that wants no other.
    environment = makeEnvironment {
      name = "${selection.view.host.name}-plugin-${name}";
      packages = closure;
      directories = lib.optionalAttrs isDirectory { ${name} = directories.${name}; };
    };

    metadata = {
      specifier = plugin.specifier or null;
      asked = plugin.asked or null;
      extras = plugin.extras or [ ];
      marker = plugin.marker or null;
      index = plugin.index or null;
      license = selection.packages.${name}.artifact.license or null;
      consoleScripts = selection.packages.${name}.artifact.console-scripts or [ ];
    };
  }
) selection.plugins
