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

  # An undeclared option is an error even below `mkIf false`, so its definition is left out.
  hand =
    path: value:
    if path == null || !lib.hasAttrByPath path options then
      { }
    else
      lib.setAttrByPath path (lib.mkIf isWanted value);
in
{
  config = lib.mkMerge [
    (hand package selected.finalPackage)
    (hand pythonPackages selected.library.pythonPackages)
    (hand directoryPlugins selected.library.directoryPlugins)
    (hand skillsDirectory "${selected.library.skillsDirectory}")
    (hand pluginNames names)
  ];
}
