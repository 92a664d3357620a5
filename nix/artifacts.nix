# What is fetched for this system, each by the hash in the lock: files, git trees and folders of the project.
{ lib, fetchSource }:
selection:
let
  fetchArtifact =
    package:
    fetchSource {
      inherit (package) entry name;
      inherit (package.artifact) source;
      narHash = package.artifact.nar-hash or null;
      submodules = package.artifact.submodules or false;
    };

  fetchTree =
    plugin:
    fetchSource {
      inherit (plugin) name;
      inherit (plugin.tree) entry source;
      narHash = plugin.tree.nar-hash;
      submodules = plugin.tree.submodules or false;
    };

  byPackage = builtins.mapAttrs (_: fetchArtifact) selection.packages;

  # name and version -> file
  byBuildPackage = builtins.mapAttrs (_: fetchArtifact) selection.buildPackages;

  byPlugin = builtins.mapAttrs (_: fetchTree) selection.directories;

  byFileOf =
    packages: files:
    lib.mapAttrs' (key: file: {
      name = packages.${key}.artifact.name;
      value = file;
    }) files;
in
{
  inherit byBuildPackage byPackage byPlugin;

  # Under the file's name and under that of its package or plugin.
  byName =
    byFileOf selection.buildPackages byBuildPackage
    // byFileOf selection.packages byPackage
    // byPlugin
    // byPackage;
}
