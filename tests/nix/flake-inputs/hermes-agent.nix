# hermes-agent as a flake: its modules, with the host that is in host.nix.
{
  # Another is put in its place.
  inputs.nixpkgs.url = "github:nixos/nixpkgs/nixos-unstable";

  outputs =
    _:
    let
      moduleOf =
        kind:
        { pkgs, ... }:
        {
          imports = [
            (import ./tests/nix/module-system/hermes-agent.nix (
              import ./host.nix { inherit pkgs; } // { inherit kind; }
            ))
          ];
        };
    in
    {
      nixosModules.default = moduleOf "nixos";
      homeModules.default = moduleOf "home-manager";
    };
}
