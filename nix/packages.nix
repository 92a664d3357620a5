# Installed distributions, each a Python module in nixpkgs' sense, and those that sources are built with.
{
  lib,
  pkgs,
  python,
  artifacts,
  selection,
  overrides,
}:
let
  makePackage = import ./package.nix { inherit lib pkgs python; };

  # name -> what it needs, itself included
  closures = builtins.mapAttrs (name: _: selection.closure [ name ]) selection.packages;

  # Packages by name, build packages as name==version: several versions of one may be there.
  known = map (package: package.name) selection.view.packages;
  knownBuilds = map (package: "${package.name}==${package.version}") selection.view.buildPackages;
  directories = map (plugin: plugin.name) (
    builtins.filter (plugin: plugin ? tree) selection.view.plugins
  );

  unknownOverrides = builtins.attrNames (
    builtins.removeAttrs overrides (known ++ knownBuilds ++ directories)
  );

  override = name: built: if overrides ? ${name} then built.overrideAttrs overrides.${name} else built;

  requirementsOf = package: map (key: buildPackages.${key}) (selection.requirements package.artifact);

  packages = builtins.mapAttrs (
    name: package:
    override name (makePackage {
      inherit package;
      source = artifacts.byPackage.${name};
      requirements = requirementsOf package;

      # Distributions may need each other in a circle, derivations may not; `requiredPythonModules` has them all.
      dependencies = map (dependency: packages.${dependency}) (
        builtins.filter (dependency: !(closures.${dependency} ? ${name})) package.needs
      );

      others = map (other: packages.${other}) (
        builtins.attrNames (builtins.removeAttrs closures.${name} [ name ])
      );
    })
  ) selection.packages;

  # Each alone: the artifact that is built with them lists all of them.
  buildPackages = builtins.mapAttrs (
    key: package:
    override "${package.name}==${package.version}" (makePackage {
      inherit package;
      source = artifacts.byBuildPackage.${key};
      requirements = requirementsOf package;
      dependencies = [ ];
      others = [ ];
    })
  ) selection.buildPackages;
in
if unknownOverrides != [ ] then
  throw (
    "plugin-lock: `overrides` names ${builtins.concatStringsSep ", " unknownOverrides}, "
    + "which the lock does not have; leave it out"
  )
else
  {
    inherit buildPackages override packages;
  }
