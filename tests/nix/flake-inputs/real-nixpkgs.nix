# nixpkgs itself, where its tree is.
{
  outputs = _: import ./tree.nix { };
}
