# Warnings about programs of the system that plugins ask for.  They are shown; no package is guessed for them.
{ lib }:
name: host:
let
  plugins = builtins.attrValues host.library.plugins;

  asked =
    plugin:
    lib.subtractLists host.providedPrograms (
      if plugin.manifest == null then [ ] else plugin.manifest.external-dependencies or [ ]
    );
in
builtins.concatMap (
  plugin:
  lib.optional (asked plugin != [ ]) (
    "plugin-lock: the plugin ${plugin.name} of ${name} asks for the programs "
    + "${builtins.concatStringsSep ", " (asked plugin)}; give their packages with programs.plugin-lock.hosts.${name}.path, "
    + "and name them in programs.plugin-lock.hosts.${name}.providedPrograms"
  )
) plugins
