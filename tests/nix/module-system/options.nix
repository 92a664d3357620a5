# The options of the modules and adapters as data, for the document: their own text, types, defaults and examples.
let
  lib = import ./lib.nix;

  # Only their declarations are looked at.
  evaluated = lib.evalModules {
    modules = [
      ../../../nix/modules/nixos.nix
      ../../../nix/adapters/cowboy.nix
      ../../../nix/adapters/hermes-agent.nix
      ../../../nix/adapters/nerva.nix
      {
        options = {
          assertions = lib.mkOption { type = lib.types.raw; };
          warnings = lib.mkOption { type = lib.types.raw; };
          environment.systemPackages = lib.mkOption { type = lib.types.raw; };
          systemd.services = lib.mkOption { type = lib.types.raw; };
          systemd.user.services = lib.mkOption { type = lib.types.raw; };
        };
        config._module.args.pkgs = { };
      }
    ];
  };

  ours = evaluated.options.programs.plugin-lock;

  # The options of one entry of a set of submodules.
  ofOne =
    option:
    builtins.removeAttrs
      (lib.evalModules {
        modules = option.type.nested.all ++ [ { _module.args.name = "<name>"; } ];
      }).options
      [ "_module" ];

  cowboy = lib.mapAttrs' (registry: option: {
    name = "programs.plugin-lock.cowboy.${registry}.<name>";
    value = builtins.mapAttrs (_: describe) (ofOne option);
  }) ours.cowboy;

  text = value: if value._type or null == "literalExpression" then { nix = value.text; } else { inherit value; };

  describe =
    option:
    {
      inherit (option) description;
      type = option.type.name;
      readOnly = option.readOnly or false;
    }
    // lib.optionalAttrs (option ? example) { example = text option.example; }
    // (
      if option ? defaultText then
        { default = text option.defaultText; }
      else if option ? default then
        { default = text option.default; }
      else
        { }
    );
in
{
  "programs.plugin-lock.hosts" = { "" = describe ours.hosts; };
  "programs.plugin-lock.hosts.<name>" = builtins.mapAttrs (_: describe) (ofOne ours.hosts);
  "programs.plugin-lock.hermes-agent" = builtins.mapAttrs (_: describe) ours.hermes-agent;
  "programs.plugin-lock.cowboy" = builtins.mapAttrs (_: describe) ours.cowboy;
  "programs.plugin-lock.nerva" = builtins.mapAttrs (_: describe) ours.nerva;
}
// cowboy
