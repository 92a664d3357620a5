# Option types: what a value must be, and how several definitions of one option become one value.
{ lib }:
let
  show = loc: builtins.concatStringsSep "." loc;

  mkOptionType =
    {
      name,
      check ? _: true,
      merge ? mergeEqual,
      # How two declarations of one option become one; null: they cannot.
      typeMerge ? _: null,
      ...
    }@type:
    type // { inherit check merge name typeMerge; };

  mergeEqual =
    loc: definitions:
    let
      first = builtins.head definitions;
    in
    if builtins.all (definition: definition.value == first.value) (builtins.tail definitions) then
      first.value
    else
      throw "The option `${show loc}' has conflicting definition values";

  mergeOne =
    loc: definitions:
    if builtins.length definitions == 1 then
      (builtins.head definitions).value
    else
      throw "The option `${show loc}' is defined multiple times while it's expected to be unique.";

  inherit (import ./evaluate.nix { inherit lib; }) evalModules mergeDefinitions;

  self = {
    inherit mkOptionType;

    raw = mkOptionType {
      name = "raw";
      merge = mergeOne;
    };

    # What the options of stand-ins for NixOS hold: sets are merged deeply, lists joined.
    anything = mkOptionType {
      name = "anything";
      merge =
        loc: definitions:
        let
          values = map (definition: definition.value) definitions;
        in
        if builtins.all builtins.isAttrs values && !(builtins.any lib.isDerivation values) then
          (self.attrsOf self.anything).merge loc definitions
        else if builtins.all builtins.isList values then
          builtins.concatLists values
        else
          mergeEqual loc definitions;
    };

    bool = mkOptionType {
      name = "bool";
      check = builtins.isBool;
    };
    int = mkOptionType {
      name = "int";
      check = builtins.isInt;
    };
    str = mkOptionType {
      name = "str";
      check = builtins.isString;
    };
    lines = mkOptionType {
      name = "lines";
      check = builtins.isString;
      merge = _: definitions: builtins.concatStringsSep "\n" (map (definition: definition.value) definitions);
    };
    strMatching =
      pattern:
      mkOptionType {
        name = "strMatching ${builtins.toJSON pattern}";
        check = value: builtins.isString value && builtins.match pattern value != null;
      };
    path = mkOptionType {
      name = "path";
      check =
        value:
        builtins.isPath value
        || lib.isDerivation value
        || (builtins.isString value && builtins.substring 0 1 value == "/");
    };
    package = mkOptionType {
      name = "package";
      check = value: lib.isDerivation value || (builtins.isPath value && lib.hasPrefix builtins.storeDir (toString value));
      merge = mergeOne;
    };
    enum =
      values:
      mkOptionType {
        name = "one of ${builtins.concatStringsSep ", " (map builtins.toJSON values)}";
        check = value: builtins.elem value values;
      };

    nullOr =
      inner:
      mkOptionType {
        name = "null or ${inner.name}";
        check = value: value == null || inner.check value;
        merge =
          loc: definitions:
          let
            nulls = builtins.filter (definition: definition.value == null) definitions;
          in
          if nulls == [ ] then
            inner.merge loc definitions
          else if builtins.length nulls == builtins.length definitions then
            null
          else
            throw "The option `${show loc}' is defined both null and not null";
      };

    either =
      left: right:
      mkOptionType {
        name = "${left.name} or ${right.name}";
        check = value: left.check value || right.check value;
        merge =
          loc: definitions:
          if builtins.all (definition: left.check definition.value) definitions then
            left.merge loc definitions
          else
            right.merge loc definitions;
      };

    functionTo =
      inner:
      mkOptionType {
        name = "function to ${inner.name}";
        check = lib.isFunction;
        merge = loc: definitions: {
          __functionArgs = { };
          __functor =
            _: argument:
            mergeDefinitions loc inner (
              map (definition: definition // { value = definition.value argument; }) definitions
            );
        };
      };

    listOf =
      inner:
      mkOptionType {
        name = "list of ${inner.name}";
        check = builtins.isList;
        merge =
          loc: definitions:
          builtins.concatMap (
            definition:
            builtins.concatMap (
              value:
              let
                merged = mergeDefinitions' loc inner [ (definition // { inherit value; }) ];
              in
              merged
            ) definition.value
          ) definitions;
      };

    attrsOf =
      inner:
      mkOptionType {
        name = "attribute set of ${inner.name}";
        check = builtins.isAttrs;
        merge =
          loc: definitions:
          let
            names = lib.unique (builtins.concatMap (definition: builtins.attrNames definition.value) definitions);
            merged =
              name:
              mergeDefinitions' (loc ++ [ name ]) inner (
                builtins.concatMap (
                  definition:
                  lib.optional (definition.value ? ${name}) (definition // { value = definition.value.${name}; })
                ) definitions
              );
          in
          builtins.listToAttrs (
            builtins.concatMap (
              name: map (value: { inherit name value; }) (merged name)
            ) names
          );
        nested = inner;
        typeMerge =
          other:
          let
            both = inner.typeMerge (other.nested or { name = null; });
          in
          if other.name or null == null || both == null then null else self.attrsOf both;
      };

    submodule =
      modules:
      let
        all = if builtins.isList modules then modules else [ modules ];
      in
      mkOptionType {
        name = "submodule";
        check = value: builtins.isAttrs value || builtins.isFunction value || self.path.check value;
        merge =
          loc: definitions:
          (evalModules {
            prefix = loc;
            modules =
              all
              ++ [ { _module.args.name = lib.last loc; } ]
              # A set is a configuration, whatever its attributes are called.
              ++ map (definition: if builtins.isAttrs definition.value then { config = definition.value; } else definition.value) definitions;
          }).config;
        inherit all;
        typeMerge = other: if other.name == "submodule" then self.submodule (all ++ other.all) else null;
      };
  };

  # A list of none or one: conditions may leave nothing.
  mergeDefinitions' =
    loc: type: definitions:
    let
      found = (import ./evaluate.nix { inherit lib; }).discharge definitions;
    in
    if found == [ ] then [ ] else [ (mergeDefinitions loc type definitions) ];
in
self
