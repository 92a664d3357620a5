# Home Manager itself, where its tree is.
{
  # Another is put in its place.
  inputs.nixpkgs.url = "github:nixos/nixpkgs/nixos-unstable";

  outputs = { nixpkgs, ... }: import ./tree.nix { inherit nixpkgs; };
}
