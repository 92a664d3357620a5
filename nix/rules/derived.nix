# What follows from the rest of a lock and stands there for other readers of PEP 751 must follow from it.
{ lib }:
view:
let
  markers = import ../systems.nix;

  problem = entry: message: {
    rule = 6;
    inherit entry message;
  };

  sorted = builtins.sort builtins.lessThan;

  environment =
    system:
    "implementation_name == 'cpython' and python_version == '${view.pythonVersion}' and ${markers.${system}}";

  isAll = package: builtins.length package.systems == builtins.length view.systems;

  marker =
    package:
    if isAll package then
      null
    else
      builtins.concatStringsSep " or " (map (system: markers.${system}) (sorted package.systems));
in
lib.optional (view.document.requires-python != "==${view.pythonVersion}.*") (
  problem "requires-python" "is not that of the host's Python ${view.pythonVersion}"
)
++ lib.optional (view.document.environments != map environment (sorted view.systems)) (
  problem "environments" "are not those of the targets"
)
++ builtins.concatMap (
  package:
  lib.optional (package.marker != marker package) (
    problem package.entry "has a marker that is not that of its systems"
  )
) view.everyPackage
