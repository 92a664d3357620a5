# The names that a host knows plugins by: those of their entry points in some groups, and the `id` of their manifests.
{ lib }:
{ plugins, groups }:
lib.unique (
  builtins.concatMap (
    plugin:
    if plugin.manifest != null then
      [ (plugin.manifest.id or plugin.name) ]
    else
      map (point: point.name) (
        builtins.filter (point: builtins.elem point.group groups) plugin.entryPoints
      )
  ) (builtins.attrValues plugins)
)
