/** An operation of one lane: one call, in the lane's thread. */
interface Operation {
    void run() throws OperationError;
}
