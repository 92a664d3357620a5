# What comes of the options of one host: the library, its package, its links.  A module of the submodule `hosts.<name>`.
{ lib, pkgs }:
{ config, name, ... }:
let
  optionOf = "programs.plugin-lock.hosts.${name}";

  list = builtins.concatStringsSep ", ";

  reserved = [
    "host"
    "lock"
    "pkgs"
    "plugins"
    "python"
  ];

  taken = builtins.filter (argument: config.arguments ? ${argument}) reserved;

  further = lib.subtractLists reserved (builtins.attrNames (builtins.functionArgs (import ../.)));

  unknown = lib.subtractLists (reserved ++ further) (builtins.attrNames config.arguments);

  environment = if config.environment == null then config.package else config.environment;

  # An error of the library says which host it is about.
  ofHost = builtins.mapAttrs (_: builtins.addErrorContext "while evaluating ${optionOf}");

  library =
    if taken != [ ] then
      throw (
        "plugin-lock: ${optionOf}.arguments sets ${list taken}, which have options of their own; "
        + "use those"
      )
    else if unknown != [ ] then
      throw (
        "plugin-lock: ${optionOf}.arguments sets ${list unknown}, which the library does not take; "
        + "it takes ${list further}"
      )
    else
      ofHost (
        import ../. (
          {
            inherit pkgs;
            inherit (config) lock plugins python;
            # Programs of plugins prefer the host's packages as well.
            host = if lib.isFunction environment then environment config.package else environment;
          }
          // config.arguments
        )
      );

  folders = lib.filterAttrs (_: plugin: plugin.directory != null) library.plugins;

  # A name that is no directory plugin would be a link that never comes, without a word.
  requireFolder =
    option: plugin:
    if folders ? ${plugin} then
      plugin
    else
      throw (
        "plugin-lock: ${optionOf}.${option} names ${plugin}, "
        + "which is no directory plugin of this machine; those are ${list (builtins.attrNames folders)}"
      );

  wanted =
    if config.linked == null then
      builtins.attrNames folders
    else
      map (requireFolder "linked") config.linked;

  known = builtins.all (plugin: requireFolder "linkNames" plugin == plugin) (
    builtins.attrNames config.linkNames
  );

  placeOf = plugin: config.linkNames.${plugin} or folders.${plugin}.manifest.id or plugin;

  places = map (plugin: {
    inherit plugin;
    place = placeOf plugin;
  }) wanted;

  # Two plugins at one place, or one inside the other's folder.
  clash =
    one: other:
    lib.hasPrefix "${one.place}/" other.place
    || (one.place == other.place && one.plugin < other.plugin);

  clashes = builtins.concatMap (
    one:
    map (other: "${one.plugin} (${one.place}) and ${other.plugin} (${other.place})") (
      builtins.filter (clash one) places
    )
  ) places;
in
{
  config = {
    inherit library;

    finalPackage =
      if config.package == null then
        null
      else
        library.extendHost {
          inherit environment;
          inherit (config)
            checks
            package
            path
            variables
            ;
        };

    links =
      if clashes != [ ] then
        throw (
          "plugin-lock: plugins of ${optionOf} have one place: "
          + "${builtins.concatStringsSep "; " clashes}; "
          + "give one of them another with ${optionOf}.linkNames"
        )
      else if config.directory == null || !known then
        { }
      else
        builtins.listToAttrs (
          map (entry: {
            name = entry.place;
            value = folders.${entry.plugin}.directory;
          }) places
        );
  };
}
