# The cells in other languages, beside the program as in an installation: links to scripts, and
# programs that are built if their compiler is found. Sets `script_cells`, `built_cells` (names of
# files) and `cell_targets`.
set(cells_in_build ${PROJECT_BINARY_DIR}/cells)
if(IS_SYMLINK ${cells_in_build})
  file(REMOVE ${cells_in_build})  # an earlier version's link to the sources
endif()
file(MAKE_DIRECTORY ${cells_in_build})
set(cell_sources ${CMAKE_CURRENT_LIST_DIR})
set(built_cells)
set(cell_targets)

set(script_cells ${cell_sources}/python_cell.py ${cell_sources}/node_cell.mjs)
foreach(script IN LISTS script_cells)
  cmake_path(GET script FILENAME name)
  file(CREATE_LINK ${script} ${cells_in_build}/${name} SYMBOLIC)
endforeach()

# An outer project builds programs with their own workloads, which run in C++.
if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()

# Builds a cell from sources in its folder: add_cell(FILE SOURCES … STEPS COMMAND …).
macro(add_cell file)
  cmake_parse_arguments(cell "" "" "SOURCES;STEPS" ${ARGN})
  get_filename_component(name ${file} NAME_WE)
  list(TRANSFORM cell_SOURCES PREPEND ${cell_sources}/${name}/)
  add_custom_command(OUTPUT ${cells_in_build}/${file} DEPENDS ${cell_SOURCES}
    ${cell_STEPS} WORKING_DIRECTORY ${cell_sources}/${name} VERBATIM)
  add_custom_target(${name} ALL DEPENDS ${cells_in_build}/${file})
  list(APPEND built_cells ${file})
  list(APPEND cell_targets ${name})
endmacro()

find_program(GO go)
if(GO)
  add_cell(go_cell SOURCES go.mod lanes.go main.go operations.go parameters.go
    STEPS COMMAND ${CMAKE_COMMAND} -E env GOFLAGS= GOPROXY=off GOPATH=${PROJECT_BINARY_DIR}/go
      GOCACHE=${PROJECT_BINARY_DIR}/go/cache
      ${GO} build -ldflags "-s -w" -o ${cells_in_build}/go_cell)
endif()

pkg_check_modules(libuv IMPORTED_TARGET libuv)
if(libuv_FOUND)
  add_executable(libuv_cell ${cell_sources}/libuv_cell/main.cpp)
  target_include_directories(libuv_cell PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(libuv_cell PRIVATE PkgConfig::libuv OpenSSL::Crypto nlohmann_json::nlohmann_json Threads::Threads)
  set_target_properties(libuv_cell PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${cells_in_build})
  list(APPEND built_cells libuv_cell)
  list(APPEND cell_targets libuv_cell)
endif()

find_program(JAVAC javac)
find_program(JAR jar)
if(JAVAC AND JAR)
  set(java_classes Cell Failure Histogram Json Operation OperationError Operations Parameters Run Usage)
  list(TRANSFORM java_classes APPEND .java OUTPUT_VARIABLE java_sources)
  add_cell(java_cell.jar SOURCES ${java_sources}
    STEPS COMMAND ${JAVAC} --release 17 -d ${PROJECT_BINARY_DIR}/java_cell ${java_sources}
    COMMAND ${JAR} --create --file ${cells_in_build}/java_cell.jar --main-class Cell -C ${PROJECT_BINARY_DIR}/java_cell .)
endif()

# Debian's crates; nothing is downloaded.
find_program(CARGO cargo)
set(crates /usr/share/cargo/registry)
file(GLOB tokio_crate ${crates}/tokio-1.*)
file(GLOB serde_json_crate ${crates}/serde_json-1.*)
if(CARGO AND tokio_crate AND serde_json_crate)
  string(REGEX REPLACE ".*/tokio-" "" tokio_version ${tokio_crate})
  set(rust_build ${PROJECT_BINARY_DIR}/rust_cell)
  file(CONFIGURE OUTPUT ${rust_build}/home/config.toml CONTENT
"[source.crates-io]\nreplace-with = \"debian\"\n[source.debian]\ndirectory = \"@crates@\"\n" @ONLY)
  add_cell(rust_cell SOURCES Cargo.toml src/lanes.rs src/main.rs src/openssl.rs src/operations.rs src/parameters.rs src/process.rs
    STEPS COMMAND ${CMAKE_COMMAND} -E copy_directory ${cell_sources}/rust_cell ${rust_build}/source
    COMMAND ${CMAKE_COMMAND} -E env CARGO_HOME=${rust_build}/home CARGO_TARGET_DIR=${rust_build}/target
      TOKIO_VERSION=${tokio_version} ${CARGO} build --release --offline --quiet --manifest-path ${rust_build}/source/Cargo.toml
    COMMAND ${CMAKE_COMMAND} -E copy ${rust_build}/target/release/rust_cell ${cells_in_build}/rust_cell)
endif()
