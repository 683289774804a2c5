# The cells in other languages, beside the program as in an installation: links to scripts, and
# programs that are built if their compiler is found. Sets `script_cells` and `built_cells`.
set(cells_in_build ${PROJECT_BINARY_DIR}/cells)
if(IS_SYMLINK ${cells_in_build})
  file(REMOVE ${cells_in_build})  # an earlier version's link to the sources
endif()
file(MAKE_DIRECTORY ${cells_in_build})

set(script_cells ${CMAKE_CURRENT_LIST_DIR}/python_cell.py ${CMAKE_CURRENT_LIST_DIR}/node_cell.mjs)
foreach(script IN LISTS script_cells)
  cmake_path(GET script FILENAME name)
  file(CREATE_LINK ${script} ${cells_in_build}/${name} SYMBOLIC)
endforeach()

set(built_cells)
