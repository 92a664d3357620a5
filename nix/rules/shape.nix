# Rule 7, its second half: every table has the keys of docs/lock-format.md and no others.
{ lib }:
let
  inherit (import ../shape.nix { inherit lib; })
    atMostOne
    boolean
    eitherOf
    exactlyOne
    integer
    listOf
    mapOf
    string
    strings
    table
    ;

  inherit (import ./package-shape.nix { inherit lib; })
    archive
    directory
    identity
    package
    vcs
    ;

  # One that the policy names, with a reason.
  publisher = where: value: identity where value ++ exactlyOne [ "reason" ] where value;

  host = table {
    required = {
      name = string;
      python = string;
      source = table {
        required.kind = string;
        optional = {
          location = string;
          flake-input = string;
          url = string;
          revision = string;
        };
      };
    };
    optional = {
      version = string;
      entry-points = strings;
      extras = strings;
      dependency-groups = strings;
      provided = mapOf (eitherOf string (mapOf string));
    };
  };

  # Its folder, from one place.
  tree =
    where: value:
    let
      places = [
        "archive"
        "vcs"
        "directory"
      ];
    in
    treeTable where value
    ++ atMostOne places where value
    ++ exactlyOne places where value;

  treeTable = table {
    required = {
      nar-hash = string;
      manifest = table {
        required = {
          file = string;
          id = string;
        };
        optional = {
          version = string;
          requires-host = string;
          executable = string;
          risk = string;
          tools = strings;
          hooks = strings;
          requires-env = strings;
          requires-plugins = strings;
          external-dependencies = strings;
        };
      };
    };
    optional = {
      submodules = boolean;
      systems = strings;
      dependencies = strings;
      provided = strings;
      edge-systems = mapOf strings;
      inherit archive directory vcs;
    };
  };

  pluginTable =
    required:
    table {
      required = {
        name = string;
        kind = string;
      }
      // required;
      optional = {
        specifier = string;
        version = eitherOf string (mapOf string);
        asked = table {
          optional = {
            git = string;
            url = string;
            path = string;
            tag = string;
            branch = string;
            rev = string;
            subdirectory = string;
            submodules = boolean;
            dependencies = strings;
          };
        };
        inherit tree;
        extras = strings;
        marker = string;
        index = string;
        entry-points = listOf (table {
          required = {
            group = string;
            name = string;
            value = string;
          };
        });
      };
    };

  # Which keys a plugin must have depends on its kind, and on whether an index was asked.
  plugin =
    where: value:
    let
      required =
        if (value.kind or null) == "directory" then
          { inherit tree; }
        else
          { version = eitherOf string (mapOf string); }
          // (if value ? asked then { } else { specifier = string; });
    in
    pluginTable (if builtins.isAttrs value then required else { }) where value;

  document = table {
    required = {
      lock-version = string;
      environments = strings;
      requires-python = string;
      created-by = string;
      packages = listOf package;
      tool = table {
        required.plugin-lock = table {
          required = {
            version = integer;
            inherit host;
            targets = listOf (table {
              required = {
                system = string;
                platform = string;
              };
            });
          };
          optional = {
            plugins = listOf plugin;
            build-packages = listOf package;
            indexes = listOf (table {
              required = {
                url = string;
                files = strings;
              };
            });
            policy = table {
              optional = {
                allow-build = mapOf string;
                allow-startup-code = mapOf string;
                allow-modules = mapOf string;
                allow-origins = mapOf string;
                allow-unattested = mapOf string;
                publishers = mapOf (listOf publisher);
              };
            };
            resolution = table {
              optional = {
                exclude-newer = string;
                prereleases = string;
                constraints = strings;
                overrides = listOf (table {
                  required = {
                    requirement = string;
                    reason = string;
                  };
                  optional.package = string;
                });
              };
            };
          };
        };
      };
    };
  };
in
document ""
