# `evalModules` in small: imports, options, conditions, priorities, submodules, and errors for what is not declared.
{ lib }:
let
  show = loc: builtins.concatStringsSep "." loc;

  isOption = value: builtins.isAttrs value && value._type or null == "option";

  # nixpkgs takes the definitions of later modules first.
  reversed = list: builtins.genList (position: builtins.elemAt list (builtins.length list - position - 1)) (builtins.length list);

  typeOf = value: if builtins.isAttrs value then value._type or null else null;

  # The definitions that count: conditions met, merges taken apart, the strongest priority only.
  discharge =
    definitions:
    let
      flatten =
        definition:
        let
          inherit (definition) value;
          again = content: flatten (definition // { value = content; });
        in
        if !(builtins.all (condition: condition) (definition.conditions or [ ])) then
          [ ]
        else if typeOf value == "if" then
          if value.condition then again value.content else [ ]
        else if typeOf value == "merge" then
          builtins.concatMap again value.contents
        else if typeOf value == "override" then
          map (inner: inner // { inherit (value) priority; }) (again value.content)
        else
          [ ({ priority = 100; } // definition) ];
      all = builtins.concatMap flatten definitions;
      strongest = builtins.foldl' (
        least: definition: if definition.priority < least then definition.priority else least
      ) 9999 all;
    in
    builtins.filter (definition: definition.priority == strongest) all;

  mergeDefinitions =
    loc: type: definitions:
    let
      found = discharge definitions;
      wrong = builtins.filter (definition: !(type.check definition.value)) found;
    in
    if wrong != [ ] then
      throw "A definition for option `${show loc}' is not of type `${type.name}'."
    else
      type.merge loc found;

  # What a part of a configuration defines below a path, without looking at any condition.
  definitionsAt =
    path: definition:
    let
      inherit (definition) value;
      conditions = definition.conditions or [ ];
      again = more: definitionsAt path (definition // more);
    in
    if path == [ ] then
      [ definition ]
    else if typeOf value == "if" then
      again {
        value = value.content;
        conditions = conditions ++ [ value.condition ];
      }
    else if typeOf value == "merge" then
      builtins.concatMap (content: again { value = content; }) value.contents
    else if typeOf value == "override" then
      again {
        value = value.content;
        inherit (value) priority;
      }
    else if value ? ${builtins.head path} then
      definitionsAt (builtins.tail path) (definition // { value = value.${builtins.head path}; })
    else
      [ ];

  undeclared =
    options: loc: value:
    if isOption options then
      [ ]
    else if typeOf value == "if" || typeOf value == "override" then
      undeclared options loc value.content
    else if typeOf value == "merge" then
      builtins.concatMap (undeclared options loc) value.contents
    else if !builtins.isAttrs value then
      [ loc ]
    else
      builtins.concatMap (
        name:
        if options ? ${name} then undeclared options.${name} (loc ++ [ name ]) value.${name} else [ (loc ++ [ name ]) ]
      ) (builtins.attrNames value);

  mergeOptions =
    loc: left: right:
    if isOption left || isOption right then
      let
        type = if isOption left && isOption right then left.type.typeMerge right.type else null;
      in
      if type == null then
        throw "The option `${show loc}' is already declared"
      else
        left // right // { inherit type; }
    else
      left
      // builtins.mapAttrs (
        name: value: if left ? ${name} then mergeOptions (loc ++ [ name ]) left.${name} value else value
      ) right;

  evalModules =
    {
      modules,
      specialArgs ? { },
      prefix ? [ ],
    }:
    let
      builtIn = {
        options._module.args = lib.mkOption {
          type = lib.types.attrsOf lib.types.raw;
          default = { };
        };
      };

      call =
        module:
        if builtins.isFunction module then
          module (
            {
              inherit config lib options;
            }
            // builtins.mapAttrs (name: _: config._module.args.${name}) (
              builtins.removeAttrs (builtins.functionArgs module) (
                [
                  "config"
                  "lib"
                  "options"
                ]
                ++ builtins.attrNames specialArgs
              )
            )
            // specialArgs
          )
        else
          module;

      normal =
        module:
        if builtins.isPath module || builtins.isString module then
          normal (import module)
        else
          let
            called = call module;
            isLong = called ? options || called ? config;
          in
          {
            imports = called.imports or [ ];
            options = called.options or { };
            config =
              if isLong then
                called.config or { }
              else
                builtins.removeAttrs called [
                  "imports"
                  "_file"
                  "key"
                ];
          };

      collect =
        found:
        builtins.concatMap (
          module:
          let
            known = normal module;
          in
          [ known ] ++ collect known.imports
        ) found;

      all = collect ([ builtIn ] ++ modules);

      declared = builtins.foldl' (mergeOptions prefix) { } (map (module: module.options) all);

      evaluate =
        loc: path: option:
        if isOption option then
          let
            definitions = builtins.concatMap (
              module: definitionsAt path { value = module.config; }
            ) (reversed all);
            found = discharge definitions;
            value =
              if found != [ ] then
                if option.readOnly or false && builtins.length found > (if option ? default then 0 else 1) then
                  throw "The option `${show loc}' is read-only, but it's set multiple times."
                else
                  mergeDefinitions loc option.type definitions
              else if option ? default then
                mergeDefinitions loc option.type [ { value = option.default; } ]
              else
                throw "The option `${show loc}' was accessed but has no value defined. Try setting the option.";
          in
          {
            inherit value;
            option =
              option
              // {
                inherit loc value;
                definitionsWithLocations = map (definition: {
                  file = "<unknown-file>";
                  inherit (definition) value;
                }) found;
                isDefined = found != [ ] || option ? default;
              };
          }
        else
          let
            inner = builtins.mapAttrs (name: evaluate (loc ++ [ name ]) (path ++ [ name ])) option;
          in
          {
            value = builtins.mapAttrs (_: part: part.value) inner;
            option = builtins.mapAttrs (_: part: part.option) inner;
          };

      evaluated = evaluate prefix [ ] declared;

      # The option tree is known without the values; a configuration is looked at whole before it is used.
      options = evaluated.option;

      unknown = builtins.concatMap (module: undeclared declared prefix module.config) all;

      config = evaluated.value;
    in
    {
      inherit options;
      config =
        if unknown != [ ] then
          throw "The option `${show (builtins.head unknown)}' does not exist."
        else
          builtins.removeAttrs config [ "_module" ];
    };
in
{
  inherit discharge evalModules mergeDefinitions;
}
