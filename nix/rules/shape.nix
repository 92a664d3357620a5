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
    word
    ;

  hashes = table {
    rule = 1;
    required.sha256 = string;
  };

  file = table {
    required = {
      name = string;
      url = string;
      size = integer;
      inherit hashes;
    };
  };

  archive = table {
    required = {
      url = string;
      size = integer;
      inherit hashes;
    };
    optional.subdirectory = string;
  };

  vcs = table {
    required = {
      type = word "git";
      url = string;
      commit-id = string;
    };
    optional = {
      requested-revision = string;
      subdirectory = string;
    };
  };

  directory = table {
    required.path = string;
    optional.subdirectory = string;
  };

  build = table {
    required.backend = string;
    optional = {
      backend-path = strings;
      requires = listOf (table {
        required = {
          name = string;
          version = string;
        };
        optional.systems = strings;
      });
    };
  };

  artifact = table {
    required = {
      name = string;
      systems = strings;
    };
    optional = {
      nar-hash = string;
      submodules = boolean;
      modules = strings;
      startup-files = strings;
      console-scripts = strings;
      native = boolean;
      libraries = strings;
      license = string;
      uploaded = string;
      inherit build;
    };
  };

  package =
    where: value:
    packageTable where value
    ++ atMostOne [ "sdist" "archive" "vcs" "directory" ] where value;

  packageTable = table {
    required = {
      name = string;
      version = string;
      tool = table {
        required.plugin-lock = table {
          required.artifacts = listOf artifact;
          optional = {
            provided = strings;
            edge-systems = mapOf strings;
          };
        };
      };
    };
    optional = {
      marker = string;
      requires-python = string;
      index = string;
      dependencies = listOf (table {
        required.name = string;
        optional.version = string;
      });
      wheels = listOf file;
      sdist = file;
      inherit archive directory vcs;
    };
  };

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
