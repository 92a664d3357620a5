# The outputs of the flake whose tree place.json names, without a copy of the whole tree.
inputs:
let
  place = builtins.fromJSON (builtins.readFile ./place.json);

  flake = import (place + "/flake.nix");

  self = flake.outputs (inputs // { inherit self; }) // {
    outPath = place;
    lastModifiedDate = "19800101000000";
  };
in
self
