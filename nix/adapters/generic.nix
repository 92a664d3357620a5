# Hands what a lock gives to the options of any host's own module, where that module is there.  A function that returns a
# module for NixOS or Home Manager, to be imported beside plugin-lock's own.
{
  # The entry in `programs.plugin-lock.hosts` that is handed on.
  host,
  # Paths of the host's options, such as [ "services" "example" "extraPlugins" ]; null: not handed on.
  # Takes the package whose programs find the plugins.
  package ? null,
  # Takes the list of Python packages.
  pythonPackages ? null,
  # Takes the list of plugin folders.
  directoryPlugins ? null,
  # Takes one folder with each plugin folder under its name, as a string.
  skillsDirectory ? null,
  # Takes the names that the host knows the plugins by: of their entry points in `groups`, and of their manifests.
  pluginNames ? null,
  groups ? [ ],
}:
{
  config,
  lib,
  options,
  ...
}:
let
  selected = config.programs.plugin-lock.hosts.${host};

  isWanted = config.programs.plugin-lock.hosts ? ${host} && selected.enable;

  names = import ./plugin-names.nix { inherit lib; } {
    inherit groups;
    inherit (selected.library) plugins;
  };

  # What is inside of an option, such as one for free settings, is no option itself.
  isDeclared =
    path: declared:
    path == [ ]
    || declared._type or null == "option"
    || (
      declared ? ${builtins.head path} && isDeclared (builtins.tail path) declared.${builtins.head path}
    );

  # An undeclared option is an error even below `mkIf false`, so its definition is left out.
  hand =
    path: value:
    if path == null || !isDeclared path options then
      { }
    else
      lib.setAttrByPath path (lib.mkIf isWanted value);

  # The host's module is there, and has no such option: one that is spelt wrong, or of another release.
  isMissing =
    path:
    path != null
    && !isDeclared path options
    && builtins.length path > 2
    && isDeclared (lib.take 2 path) options;

  show = builtins.concatStringsSep ".";

  warningOf =
    path:
    "plugin-lock: the adapter for ${host} is given ${show path}, and ${show (lib.take 2 path)} has no such option, "
    + "so that is left out; correct the path, or do not give it";
in
{
  config = lib.mkMerge [
    (hand package selected.finalPackage)
    (hand pythonPackages selected.library.pythonPackages)
    (hand directoryPlugins selected.library.directoryPlugins)
    (hand skillsDirectory "${selected.library.skillsDirectory}")
    (hand pluginNames names)
    {
      warnings = lib.mkIf isWanted (
        map warningOf (
          builtins.filter isMissing [
            package
            pythonPackages
            directoryPlugins
            skillsDirectory
            pluginNames
          ]
        )
      );
    }
  ];
}
