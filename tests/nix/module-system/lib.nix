# The part of nixpkgs' `lib` that the modules use, on top of what the library itself uses: for tests on machines without
# nixpkgs.  tests/nix/test_module_system.py holds it against the real one.
let
  base = import ../../../nix/standalone/lib.nix;

  types = import ./types.nix { inherit lib; };

  lib = base // {
    inherit types;
    inherit (import ./evaluate.nix { inherit lib; }) evalModules;

    isDerivation = value: builtins.isAttrs value && value.type or null == "derivation";

    mkOption = attributes: attributes // { _type = "option"; };
    mkEnableOption =
      what:
      lib.mkOption {
        type = types.bool;
        default = false;
        description = "Whether to enable ${what}.";
      };
    literalExpression = text: {
      _type = "literalExpression";
      inherit text;
    };

    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };
    mkMerge = contents: {
      _type = "merge";
      inherit contents;
    };
    mkOverride = priority: content: {
      _type = "override";
      inherit content priority;
    };
    mkOptionDefault = lib.mkOverride 1500;
    mkDefault = lib.mkOverride 1000;
    mkForce = lib.mkOverride 50;

    inherit (builtins) concatStringsSep foldl' mapAttrs;

    escapeShellArg =
      value:
      let
        text = toString value;
      in
      if builtins.match "[[:alnum:],._+:@%/-]+" text != null then text else "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] text}'";
    escapeShellArgs = lib.concatMapStringsSep " " lib.escapeShellArg;

    getName = package: if builtins.isString package then package else package.pname or (builtins.parseDrvName package.name).name;

    hasAttrByPath =
      path: set:
      path == [ ]
      || (
        builtins.isAttrs set
        && set ? ${builtins.head path}
        && lib.hasAttrByPath (builtins.tail path) set.${builtins.head path}
      );
    setAttrByPath =
      path: value:
      if path == [ ] then value else { ${builtins.head path} = lib.setAttrByPath (builtins.tail path) value; };

    recursiveUpdate =
      left: right:
      left
      // builtins.mapAttrs (
        name: value:
        if left ? ${name} && builtins.isAttrs left.${name} && builtins.isAttrs value then
          lib.recursiveUpdate left.${name} value
        else
          value
      ) right;
  };
in
lib
